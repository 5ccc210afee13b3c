"""What a face is doing while it is photographed."""

from dataclasses import dataclass

JAW_DROP_MM = 9.0


@dataclass(frozen=True)
class Expression:
    """Shares in 0..1 (`brow` from -1); `eye` is 1 open, 0 closed; gaze in mm on the eyeball."""

    smile: float = 0.0
    open: float = 0.0
    brow: float = 0.0
    eye: float = 1.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    squint: float = 0.0

    @property
    def jaw_drop(self) -> float:
        """How far the lower jaw hangs, in mm."""
        return self.open * JAW_DROP_MM


NEUTRAL = Expression()
EYES_CLOSED = Expression(eye=0.0)
