from __future__ import annotations

from mobile_client.screens.page import Page
from mobile_client.widgets.loading import load_rules


class SignInScreen(Page):
    """Name and password; the password leaves the field as it is sent."""

    def sign_in(self) -> None:
        password = self.ids.password.text
        self.ids.password.text = ""
        self.begin(self.flow.sign_in(self.ids.name.text.strip(), password))


load_rules(__file__)
