"""How often the advice on quality is right and wrong, and what each fault costs the search.

Drawn people are always at hand; OIFR_TEST_FACES adds research photographs NNN/VH.jpg. The people drawn for this run
are others than those the limits were set on. Only numbers leave this file.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.faults import Fault, Pixels, Seen, faults
from server.demo.people import Setting, identity, portrait
from server.demo.people.cast import MASK_COLOURS, SEEDS, Kind, photographs
from server.demo.people.expression import EYES_CLOSED
from server.demo.people.lighting import field_light
from server.demo.people.portrait import Eyewear
from server.domain.image_errors import ImageRefused
from server.domain.quality import Component, Quality
from server.face.decode import Photograph, decode
from server.face.engine import Engine
from server.face.limits import QualityLimits
from server.face.looks import POINTS
from server.face.quality import assess, pose
from tests.unit.face.degraded import lit

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "server" / "demo"
LIMITS = QualityLimits.read(ROOT / "models" / "limits" / "quality.toml")
LEVEL_VIEWS, PROBE_VIEWS = ("33", "34", "32"), ("34", "43")
ANGLES = {"2": -45, "3": 0, "4": 45}
NEW_SEEDS = range(300, 312)

Vector = NDArray[np.float64]


class Nets:
    """The engine, and the fixed points of its chips."""

    def __init__(self, home: Path) -> None:
        self.fixed = POINTS
        self._engine = Engine.load(ROOT / "models", home)
        self.threshold = self._engine.calibration.threshold

    def seen(self, who: str, kind: str, photograph: Photograph, melanin: float = 0.0) -> Seen | None:
        try:
            face = self._engine.frame_of(photograph).face
        except ImageRefused:
            return None
        return Seen(who, kind, photograph, face.seen.landmarks, face.seen.bounds, melanin)

    def vector(self, pixels: Pixels) -> Vector | None:
        try:
            frame = self._engine.frame_of(Photograph(pixels, 1.0))
        except ImageRefused:
            return None
        return self._engine.vectors_of([frame.chip])[0]


def main() -> None:
    """Print the tables; those of research photographs only where they are."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as home:
        nets = Nets(Path(home))
        real = list(filter(None, research(nets)))
        drawn = list(filter(None, committed(nets)))
        fresh = list(filter(None, newly_drawn(nets)))
        print_untouched({"research": real, "drawn, kept": drawn, "drawn, new": fresh})
        print_degraded(nets, {"research": real, "drawn, kept": drawn})
        print_drawn_faults({"kept": drawn, "new": fresh})
        print_pose(real)
        print_skin([face for face in drawn if not face.faulty])
        print_times([*real, *drawn])
        print_recognition(nets, real)


def research(nets: Nets) -> Iterable[Seen | None]:
    folder = Path(os.environ.get("OIFR_TEST_FACES") or "absent")
    for path in sorted(folder.glob("*/*.jpg")):
        yield nets.seen(path.parent.name, path.stem, decode(path.read_bytes()))


def committed(nets: Nets) -> Iterable[Seen | None]:
    """The demo's photographs; a hard one has one of three faults, by the person's number."""
    for photograph in photographs():
        hard = ("closed", "mask", "spectacles")[photograph.person % 3]
        kind = hard if photograph.kind is Kind.HARD else str(photograph.kind)
        melanin = identity(SEEDS[photograph.person]).complexion.melanin
        yield nets.seen(str(photograph.person), kind, decode((DEMO / photograph.path).read_bytes()), melanin)


def newly_drawn(nets: Nets) -> Iterable[Seen | None]:
    for seed in NEW_SEEDS:
        rng = np.random.default_rng(seed)
        yaw, pitch, roll = (float(angle) for angle in rng.uniform(-10, 10, 3))
        plain = Setting(
            field_light(rng), yaw=yaw, pitch=pitch, roll=roll, face_pixels=260.0, supersampling=1, seed=seed
        )
        settings = {
            "upright": plain,
            "closed": replace(plain, expression=EYES_CLOSED),
            "mask": replace(plain, mask=MASK_COLOURS[seed % 3]),
            "sunglasses": replace(plain, eyewear=Eyewear.SUNGLASSES),
        }
        person = identity(seed)
        for kind, setting in settings.items():
            picture = np.asarray(portrait(person, setting), np.uint8)
            yield nets.seen(str(seed), kind, Photograph(picture, 1.0), person.complexion.melanin)


def judged(face: Seen) -> Quality:
    return assess(face.photograph, face.landmarks, LIMITS)


def altered(face: Seen, fault: Fault) -> Quality:
    pixels, landmarks = fault.alter(face)
    return assess(Photograph(pixels, 1.0), landmarks, LIMITS)


def counted(qualities: Sequence[Quality], component: Component) -> str:
    advised = sum(not quality[component].sufficient for quality in qualities)
    gated = sum(quality[component] in quality.gating for quality in qualities)
    return f"{advised}/{len(qualities)}" + (f" (gated {gated})" if component.may_gate else "")


def print_untouched(groups: dict[str, list[Seen]]) -> None:
    """Wrong advice: on level views for the pose, on all for the rest."""
    print("quality: advice on untouched photographs (wrong, but for the pose of turned views)")
    for name, faces in groups.items():
        plain = [face for face in faces if not face.faulty]
        qualities = [judged(face) for face in plain]
        print(f"  {name}: {len(plain)} photographs, poor {sum(quality.poor for quality in qualities)}")
        for component in Component:
            values = [quality[component].value for quality in qualities]
            spread = np.percentile(values or [0.0], [0, 5, 50, 95, 100]).round(3)
            print(f"    {component:12}{counted(qualities, component):>18}   min, 5 %, median, 95 %, max {spread}")


def print_degraded(nets: Nets, groups: dict[str, list[Seen]]) -> None:
    """Right advice on degraded photographs; covers on level views and every second drawn photograph only."""
    print("quality: advice on degraded photographs (right)")
    for fault in faults(nets.fixed):
        cells = []
        for name, faces in groups.items():
            level = [face for face in faces if face.level and not face.faulty][::2]
            found = counted([altered(face, fault) for face in level], fault.component)
            cells.append(f"{name} {found}")
        print(f"    {fault.words:28}" + "".join(f"{cell:>36}" for cell in cells))


def print_drawn_faults(groups: dict[str, list[Seen]]) -> None:
    """Drawn people with closed eyes, masks, dark glasses and spectacles: which component complains how often."""
    print("quality: drawn faults, photographs with advice on each component")
    for name, faces in groups.items():
        for kind in ("closed", "mask", "sunglasses", "spectacles"):
            qualities = [judged(face) for face in faces if face.kind == kind]
            parts = (Component.EYES, Component.LOWER_FACE, Component.UPPER_FACE)
            if qualities:
                print(f"    {name} {kind:12}" + "".join(f"  {part} {counted(qualities, part)}" for part in parts))


def print_pose(faces: Sequence[Seen]) -> None:
    """Estimated angles of views whose angles are known."""
    print("quality: pose of the views in degrees, mean +- standard deviation; mean error beside the known angle")
    for view in sorted({face.kind for face in faces}):
        angles = [pose(face.landmarks, LIMITS.pose) for face in faces if face.kind == view]
        yaw, pitch = np.array(angles).T
        wanted = ANGLES[view[0]], {"2": -30, "3": 0, "4": 30}[view[1]]
        errors = [mean(np.abs(found - known)) for found, known in zip((yaw, pitch), wanted, strict=True)]
        qualities = [judged(face) for face in faces if face.kind == view]
        advised = [counted(qualities, component) for component in (Component.YAW, Component.PITCH)]
        for words, found, known, error, advice in zip(
            ("yaw", "pitch"), (yaw, pitch), wanted, errors, advised, strict=True
        ):
            spread = f"{found.mean():6.1f} +- {found.std():4.1f}"
            print(f"    {view}: {words:6}{spread} ({known}), error {error:4.1f}, advice {advice}")


def print_skin(faces: Sequence[Seen]) -> None:
    """A test of our own measures: do drawn people with dark skin get other advice than those with light skin?"""
    melanin = np.array([face.melanin for face in faces])
    third = np.quantile(melanin, [1 / 3, 2 / 3])
    print("quality: drawn people by melanin; correlation, then advice for the lightest and the darkest third")
    for words, change in {"untouched": 1.0, "light x0.5": 0.5, "light x2": 2.0}.items():
        qualities = [
            assess(Photograph(lit(face.photograph.pixels, change), 1.0), face.landmarks, LIMITS) for face in faces
        ]
        for component in Component:
            values = np.array([quality[component].value for quality in qualities])
            light = [quality for quality, m in zip(qualities, melanin, strict=True) if m <= third[0]]
            dark = [quality for quality, m in zip(qualities, melanin, strict=True) if m >= third[1]]
            related = np.corrcoef(melanin, values)[0, 1] if values.std() > 0 else 0.0
            cells = f"{counted(light, component):>20}{counted(dark, component):>20}"
            print(f"    {words:12}{component:12} r {related:5.2f}{cells}")


def print_times(faces: Sequence[Seen]) -> None:
    """Processor time, which a busy machine stretches less than the clock's."""
    began = [(time.process_time(), judged(face), time.process_time()) for face in faces]
    print(f"quality: {median(end - start for start, _, end in began) * 1e3:.2f} ms a face, median, one core")


def print_recognition(nets: Nets, faces: Sequence[Seen]) -> None:
    """What each fault costs: own reference found at the manifest's threshold, faces found anew each time."""
    gallery = {face.who: nets.vector(face.photograph.pixels) for face in faces if face.kind == "33"}
    probes = [face for face in faces if face.kind in PROBE_VIEWS]
    threshold = nets.threshold
    print(f"quality: own reference found at {threshold} among {len(gallery)}; first; no face")
    for fault in faults(nets.fixed):
        vectors = [(face.who, nets.vector(fault.alter(face)[0])) for face in probes]
        print(f"    {fault.words:28}{recognised(gallery, vectors, threshold)}", flush=True)
    for view in sorted({face.kind for face in faces} - {"33"}):
        vectors = [(face.who, nets.vector(face.photograph.pixels)) for face in faces if face.kind == view]
        print(f"    {'view ' + view:28}{recognised(gallery, vectors, threshold)}", flush=True)


def recognised(gallery: dict[str, Vector | None], probes: Sequence[tuple[str, Vector | None]], threshold: float) -> str:
    """Own reference at or above the threshold, own reference first, and probes without a face."""
    tally: Counter[str] = Counter()
    for who, vector in probes:
        if vector is None:
            tally["fta"] += 1
            continue
        scores = {other: float(vector @ kept) for other, kept in gallery.items() if kept is not None}
        tally["found"] += scores[who] >= threshold
        tally["first"] += max(scores, key=lambda other: scores[other]) == who
    return f"found {tally['found']}/{len(probes)}  first {tally['first']}  fta {tally['fta']}"


if __name__ == "__main__":
    main()
