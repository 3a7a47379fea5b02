"""A student's process seen from outside: the sandbox, warm servers, a kernel and its outputs.

Uses: files, inside.
Face: kernel, library, pool, sandbox, warm, which.
"""
