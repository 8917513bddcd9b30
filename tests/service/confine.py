#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""confine.py: runs a program under what the unit forbids with seccomp.

    tests/service/confine.py CONFABD PROGRAM [ARGUMENT...]

systemd itself is not needed for that: its lists are told by systemd-analyze,
and libseccomp, which it uses, makes the filter. In force are the list of system
calls, the address families and no memory that is written and executed; what is
forbidden fails with EPERM, as in the service.
"""
import ctypes
import errno
import os
import socket
import sys

import unit

ALLOW = 0x7fff0000
REFUSE = 0x00050000 | errno.EPERM
EQUAL, MASKED_EQUAL = 4, 7
WRITE, EXEC = 2, 4  # PROT_*


class Argument(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [("number", ctypes.c_uint), ("how", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    def __init__(self):
        self.lib = ctypes.CDLL("libseccomp.so.2")
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(REFUSE))

    def allow(self, name, *arguments):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this machine
            return
        array = (Argument * len(arguments))(*arguments)
        if self.lib.seccomp_rule_add_array(self.context, ALLOW, number,
                                           len(arguments), array):
            raise OSError(f"no rule for {name}")

    def load(self):
        if self.lib.seccomp_load(self.context):
            raise OSError("the filter cannot be loaded")


def confine(confabd):
    calls = unit.calls(confabd)
    rules = Filter()
    for name in calls - {"socket", "mmap", "mprotect"}:
        rules.allow(name)
    for family in unit.settings(confabd, "RestrictAddressFamilies"):
        for name in family.split():
            rules.allow("socket",
                        Argument(0, EQUAL, getattr(socket, name), 0))
    both = WRITE | EXEC
    for allowed in (0, WRITE, EXEC):
        rules.allow("mmap", Argument(2, MASKED_EQUAL, both, allowed))
    rules.allow("mprotect", Argument(2, MASKED_EQUAL, EXEC, 0))
    rules.load()


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
