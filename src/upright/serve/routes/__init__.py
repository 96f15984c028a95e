"""The gateway's addresses, by whom they are for."""
