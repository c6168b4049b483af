"""What the API answers, as values to compare."""

from typing import Any

import requests


def refusal(message: str, status: int = 401) -> dict[str, str]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}


def answered(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()
