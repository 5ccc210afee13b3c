"""The supervisors' console: pages rendered on the server, without a line of JavaScript.

`mount_console(app)` adds the pages and their static files under /console. The app state must hold the workflows.
"""

from server.web.console.mount import console_router, mount_console

__all__ = ["console_router", "mount_console"]
