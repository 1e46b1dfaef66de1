"""What services about proposals raise, as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.api.problems import Problem
from registry.api.errors import as_problems
from registry.services import proposal_comments, proposal_reviews, proposals
from registry.services.proposal_texts import InvalidText


@contextmanager
def proposal_problems() -> Iterator[None]:
    """Turn what services raise into answers."""
    try:
        with as_problems():
            yield
    except InvalidText as error:
        raise Problem(400, "text_invalid", str(error)) from None
    except (proposals.TooMany, proposal_comments.TooMany) as error:
        raise Problem(409, "too_many", str(error)) from None
    except (proposals.WrongState, proposal_reviews.NotOpen, proposals.Stale) as error:
        raise Problem(409, "state_changed", str(error)) from None
    except proposals.BaseMoved as error:
        raise Problem(409, "base_moved", str(error)) from None
    except proposals.NotReady as error:
        raise Problem(409, "not_ready", str(error)) from None
    except (proposal_comments.Gone, proposal_reviews.Gone) as error:
        raise Problem(404, "not_found", str(error)) from None
