"""A Django project with nothing in it but the admin; runs in a process of its own, beside no other library."""
