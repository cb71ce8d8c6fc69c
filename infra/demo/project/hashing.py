"""Django's default password hash with fewer rounds, for passwords that protect nothing."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewRounds(PBKDF2PasswordHasher):
    """Hashes like Django's default, a hundred times faster."""

    iterations = 10_000
