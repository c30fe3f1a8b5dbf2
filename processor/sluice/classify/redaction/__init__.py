"""What a secret looks like: tables of forms, each with the check that tells it from what only resembles it."""
