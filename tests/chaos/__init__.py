"""Trouble on purpose: processes killed and stopped, networks cut, disks full; then everything must still add up."""
