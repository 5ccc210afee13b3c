"""People who do not exist: a procedural generator of portraits that a real face network accepts.

No photograph, model or asset goes in; numpy and OpenCV draw a head from about ninety numbers. Drawn people
lie closer to one another than real people do: they test the machinery and are never evidence of accuracy.
"""

from server.demo.people.identity import identity
from server.demo.people.portrait import Setting, portrait
from server.demo.people.traits import Identity

__all__ = ["Identity", "Setting", "identity", "portrait"]
