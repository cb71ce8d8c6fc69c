"""One file per event version ever written: what stands in somebody's log must stay readable for ever."""
