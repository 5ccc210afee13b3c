"""Tamper evidence: an append-only Merkle log, its signed checkpoints and their verification.

This package knows nothing of faces, databases or HTTP, so an outsider can run it alone.
Entries are encoded (`encoding`), hashed into a tree (`merkle`), the tree is signed
(`checkpoint`), and both are checked again later (`verify`), also from a file (`export`).
"""
