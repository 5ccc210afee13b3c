"""What is wrong with a model: its templates, weights, calibration, or the licence of it."""

from __future__ import annotations

from server.domain.errors import CommandRefused, OifrError


class TemplateInvalid(OifrError):
    slug = "template-invalid"
    message = "A template is damaged or belongs to another model."


class WeightsUnverified(OifrError):
    slug = "weights-unverified"
    message = "The model's weights are missing or do not have the digest of their manifest. Run the set-up again."


class CalibrationInvalid(OifrError):
    slug = "calibration-invalid"
    message = "The calibration record is not of the documented form."


class ModelUncalibrated(CommandRefused):
    """A model whose threshold nobody has measured."""

    slug = "model-uncalibrated"
    message = "The model has no calibration. Measure one with `oifr evaluate --calibrate` before it is activated."


class ModelUnknown(CommandRefused):
    slug = "model-unknown"
    message = "There is no manifest of that model. `oifr models list` names those there are."


class ModelInUse(CommandRefused):
    slug = "model-in-use"
    message = "The active model's templates cannot be dropped. Activate another model first (OIFR_MODEL)."


class LicenceNotAccepted(CommandRefused):
    slug = "licence-not-accepted"
    message = "The weights' terms must be accepted first: read the model card, then give --accept-licence."


class PullFailed(CommandRefused):
    """Weights could not be fetched; what had arrived stays for the next try."""

    slug = "pull-failed"
    message = "The weights could not be fetched. Run the command again to go on where it stopped."
