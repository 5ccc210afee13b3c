"""Settings from the environment (OIFR_*), read once at start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_MODEL = "dlib-resnet"
MODELS = Path(__file__).resolve().parent.parent / "models"


class Settings(BaseSettings):
    """Every setting has a default that is safe for one machine; docs/settings.md lists them."""

    model_config = SettingsConfigDict(env_prefix="OIFR_", extra="ignore", frozen=True, hide_input_in_errors=True)

    home: Path = Field(
        default_factory=lambda: Path.home() / ".local/share/oifr",
        description="Folder (mode 0700) of the default database, the key files and the embedded Redis; "
        "default: ~/.local/share/oifr.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL, such as postgresql+psycopg://...; default: SQLite in the home."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="redis:// or rediss:// URL; default: a private embedded Redis in the home."
    )
    master_key: SecretStr | None = Field(
        default=None, description="32 bytes in base64 that wrap the data keys; default: the file master.key."
    )
    models: Path = Field(
        default=MODELS, description="Folder of the model manifests; default: the one that is installed."
    )
    model: str = Field(default=DEFAULT_MODEL, description="The active model: the name of a manifest.")
    threshold: float | None = Field(
        default=None, gt=-1, le=1, description="Comparison score to reach; default: the manifest's calibration."
    )
    cap: int = Field(default=6, ge=1, le=26, description="Most candidates ever shown for one search.")
    minutes_to_decide: int = Field(default=15, ge=1, le=240, description="Time to decide before a search expires.")
    session_minutes: int = Field(default=60, ge=1, le=720, description="Length of a session.")
    search_places: int = Field(default=2, ge=1, description="Images worked on at once; more wait, then get 503.")
    patience_seconds: float = Field(default=5.0, ge=0, description="Longest wait for a search place.")
    sweep_seconds: float = Field(default=20.0, gt=0, description="How often overdue searches are expired.")
    origin: str = Field(default="oifr.example/trail", description="Name of this audit trail in its checkpoints.")
    matcher: Literal["exact", "vector-set"] = Field(
        default="exact",
        description="Where templates are compared: `exact`, in this process, or `vector-set`, in Redis 8 "
        "(search-scale-out.md). The same on every server, like all that follow.",
    )
    vector_set_url: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="redis:// or rediss:// URL of that Redis 8, one server or any node of a cluster.",
    )
    vector_set_partitions: int = Field(
        default=12, ge=1, le=256, description="Into how many vector sets the gallery is cut; a change fills them anew."
    )
    vector_set_precision: Literal["q8", "float32"] = Field(
        default="q8", description="How Redis keeps a component; answers are the same, memory and time are not."
    )
    vector_set_effort: str = Field(
        default="truth",
        pattern="^(truth|[1-9][0-9]{0,5})$",
        description="`truth` compares every reference. A number is how many of a partition a search visits, and loses "
        "people: read the measured loss first. It is part of the policy's version.",
    )
    vector_set_seconds: float = Field(default=5.0, gt=0, description="Longest wait for one partition's answer.")

    @field_validator("vector_set_url")
    @classmethod
    def _named_where_needed(cls, url: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if url is None and others.data.get("matcher") == "vector-set":
            raise ValueError("it is needed where OIFR_MATCHER is vector-set")
        return url

    @property
    def database(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'oifr.sqlite'}"

    @property
    def redis(self) -> str | None:
        return self.redis_url.get_secret_value() if self.redis_url else None

    @property
    def effort(self) -> int | None:
        """What the policy says of it; None compares every reference."""
        approximate = self.matcher == "vector-set" and self.vector_set_effort != "truth"
        return int(self.vector_set_effort) if approximate else None

    @property
    def time_to_decide(self) -> timedelta:
        return timedelta(minutes=self.minutes_to_decide)

    @property
    def session_length(self) -> timedelta:
        return timedelta(minutes=self.session_minutes)


def prepare_home(home: Path) -> Path:
    """Create the home for its owner alone and return it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home
