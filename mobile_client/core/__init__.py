"""The whole act of one check, without a screen: what the server says, what may happen next, what is proved."""
