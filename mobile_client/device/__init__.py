"""What differs between a desktop and a phone, each behind a small port."""
