"""Proof that the log is whole, and copies of it: the hash chain, its seals, the archive, the way back.

Pure: chain, seals, proof, comparing, chunks, manifest. With servers: chainer, reading, verifying, archiver, restore.
"""
