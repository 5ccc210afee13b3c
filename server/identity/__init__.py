"""Who somebody is: password hashing and the secrets handed out at sign-in."""
