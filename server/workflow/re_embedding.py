"""A change of models: templates of another model for every reference, from its stored image.

The work is cut into batches. Each is committed with its audit entry in one transaction, and what is committed is never
made again; so a run that was ended, however it was ended, is gone on with by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.domain.errors import SealBroken
from server.domain.events import Act, Event, Json
from server.domain.face import Template
from server.domain.gallery import Census, IndexedReference, Reference, Supplement
from server.domain.gallery_errors import GalleryIncomplete, ReferenceUnknown
from server.domain.image_errors import ImageRefused
from server.domain.model_errors import ModelInUse, ModelUnknown
from server.workflow.ports import FaceEngine, GalleryIndex, GallerySource
from server.workflow.storage_ports import Database


@dataclass(frozen=True)
class Batch:
    """What one committed batch brought."""

    templates: int
    rejections: int


@dataclass(frozen=True)
class ReEmbedding:
    """`gallery` is the index of the engine's model; `batch` is how many references one transaction takes."""

    database: Database
    engine: FaceEngine
    gallery: GalleryIndex
    batch: int

    def run(self) -> Iterator[Batch]:
        """Make the templates that are missing, and yield after each commit.

        An image that is refused, or does not open any more, is a rejection: it would keep all others from being
        searched. Raises Unavailable.
        """
        for references in self._lacking():
            made = self._made_of(references)
            with self.database.write() as unit:
                version, stored = unit.subjects.supplement(made)
                if not stored.reference_ids:
                    continue
                unit.commit(_made(stored))
            self.gallery.supplemented(_indexed(references, stored), version)
            yield Batch(len(stored.templates), len(stored.rejections))

    def _lacking(self) -> Iterator[Sequence[Reference]]:
        """Batches of references that lack a template, from the first id again until a round finds none."""
        after = ""
        while True:
            with self.database.read() as view:
                found = view.subjects.lacking(self.engine.model, after, self.batch)
            if not found and not after:
                return
            after = found[-1].id if found else ""
            if found:
                yield found

    def _made_of(self, references: Sequence[Reference]) -> Supplement:
        templates: dict[str, Template] = {}
        rejections: dict[str, str] = {}
        for reference in references:
            try:
                templates[reference.id] = self.engine.template_of([self._image(reference)])
            except (ImageRefused, SealBroken) as refused:
                rejections[reference.id] = refused.slug
            except ReferenceUnknown:  # erased since we looked
                continue
        return Supplement(self.engine.model, templates, rejections)

    def _image(self, reference: Reference) -> bytes:
        with self.database.read() as view:
            return view.subjects.image(reference.id)


@dataclass(frozen=True)
class ChangeOver:
    """What is known of every model's templates, and how the old ones go. `active` is the id of the active model."""

    database: Database
    records: GallerySource
    active: str

    def census(self) -> Census:
        return self.records.census()

    def rejections(self, model: str) -> Mapping[str, str]:
        """The problem type of each image that `model` refused, by reference id."""
        with self.database.read() as view:
            return view.subjects.rejections(model)

    def droppable(self, model: str) -> int:
        """How many active references would lose their template of `model`.

        Raises ModelInUse for the active model, and GalleryIncomplete while the active one does not cover the
        gallery: the old templates are the way back.
        """
        census = self.census()
        if model == self.active:
            raise ModelInUse
        if census.missing(self.active):
            raise GalleryIncomplete
        return census.templates.get(model, 0)

    def drop(self, model: str, gallery: GalleryIndex) -> int:
        """Delete every template and rejection of `model`, whose index is `gallery`; returns how many templates went.

        Raises as `droppable`, and ModelUnknown when the gallery holds nothing of that model.
        """
        self.droppable(model)
        with self.database.write() as unit:
            refused = unit.subjects.rejections(model)
            version, dropped = unit.subjects.drop_templates(model)
            if not dropped and not refused:
                raise ModelUnknown(f"The gallery holds nothing of a model {model!r}: see `oifr gallery status`.")
            unit.commit(Event(Act.TEMPLATES_DROPPED, None, details={"model": model, "templates": dropped}))
        gallery.dropped(version)
        return dropped


def _indexed(references: Sequence[Reference], stored: Supplement) -> Sequence[IndexedReference]:
    return [
        IndexedReference(reference.id, reference.subject_id, reference.source, stored.templates[reference.id])
        for reference in references
        if reference.id in stored.templates
    ]


def _made(stored: Supplement) -> Event:
    details: dict[str, Json] = {
        "model": stored.model,
        "references": sorted(stored.templates),
        "rejections": dict(sorted(stored.rejections.items())),
    }
    return Event(Act.TEMPLATES_MADE, None, details=details)
