"""Skills: folders of instructions, scripts and references that a model opens when a task calls for them."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from registry.domain import skills
from registry.kinds.base import Kind

SKILL = Kind(
    name="skill",
    label=_("Skill"),
    plural=_("Skills"),
    explanation=_("A folder with instructions, scripts and references for one kind of task (Agent Skills)."),
    section="",
    main_file=skills.FILE,
    takes_files=True,
    example=(Path(__file__).parent / "example.md").read_text(),
    read=skills.read,
)
