"""packlog on the PC: install, pull, decode, replay, watch and the virtual board."""
