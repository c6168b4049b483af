"""The API's refusals, as GitHub words them."""

DOCUMENTATION = "https://docs.github.com/rest"
REDIRECTS = f"{DOCUMENTATION}/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"


class ApiError(Exception):
    """An answer other than success: its status, message, headers and, for validation, errors.

    With `names_permissions` False it doesn't tell a fine-grained token what the endpoint accepts.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
        documentation: str = DOCUMENTATION,
        names_permissions: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.names_permissions = names_permissions
        self.headers = headers or {}
        self.body: dict[str, object] = {"message": message}
        if errors is not None:
            self.body["errors"] = errors
        self.body |= {"documentation_url": documentation, "status": str(status)}


def not_found() -> ApiError:
    """Return the 404 for what isn't there and for what the token may not see."""
    return ApiError(404, "Not Found")


def moved_to(url: str) -> ApiError:
    """Return the 301 that leads to where something is now."""
    error = ApiError(301, "Moved Permanently", headers={"Location": url}, documentation=REDIRECTS)
    error.body["url"] = url
    del error.body["status"]
    return error


def search_invalid(message: str) -> ApiError:
    """Return the 422 for a search that GitHub won't run, the reason among the errors."""
    errors = [{"message": message, "resource": "Search", "field": "q", "code": "invalid"}]
    return ApiError(422, "Validation Failed", errors=errors, documentation=f"{DOCUMENTATION}/search")
