"""Tells a proxy what to do, and prints what it answers: tell.py SOCKET WORD..."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall((" ".join(sys.argv[2:]) + "\n").encode())
    print(connection.makefile().readline().strip())
