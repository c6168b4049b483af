"""Webhooks of an organisation and of an App: the log of deliveries, and asking for one again."""

from sandbox.api.call import Call
from sandbox.api.errors import ApiError, not_found
from sandbox.api.hooks import OK, Delivery, Hook
from sandbox.api.messages import Answer
from sandbox.api.pages import read_page, with_arguments

CURSOR = "v1_"


def list_hooks(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/hooks`."""
    organisation, hooks = call.organisation(), call.host.hooks
    page, headers = call.numbered([hooks.of(organisation)], f"organizations/{organisation.id}/hooks")
    return Answer([hooks.hook_form(one, organisation) for one in page], headers=headers)


def list_deliveries(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/hooks/{hook_id}/deliveries` or `GET /app/hook/deliveries`: by cursor, newest first."""
    hook = _hook(call)
    found = call.host.hooks.logged(hook)
    match call.argument("status", ""):
        case "":
            pass
        case "success" | "failure" as said:
            found = [one for one in found if (one.status_code in OK) == (said == "success")]
        case said:
            raise ApiError(422, f"Invalid status: {said}")
    start, length = _start(call, found), read_page(call.arguments).length
    rows, rest = found[start : start + length], found[start + length :]
    links = [("next", rest[0])] if rest else []
    links += [("prev", found[max(start - length, 0)])] if start else []
    url = call.payloads.links + call.request.path
    header = ", ".join(f'<{_url(call, url, one)}>; rel="{name}"' for name, one in links)
    return Answer(
        [call.host.hooks.delivery_form(hook, one) for one in rows], headers={"Link": header} if header else {}
    )


def get_delivery(call: Call) -> Answer:
    """Answer `GET …/deliveries/{delivery_id}`."""
    hook = _hook(call)
    return Answer(call.host.hooks.whole_delivery_form(hook, _delivery(call, hook)))


def redeliver(call: Call) -> Answer:
    """Answer `POST …/deliveries/{delivery_id}/attempts`: it is delivered again with what is delivered next."""
    hook = _hook(call)
    call.host.hooks.redeliver(hook, [_delivery(call, hook)])
    return Answer({}, 202)


def _hook(call: Call) -> Hook:
    """Return the webhook that the path numbers, or the App's own."""
    if "hook_id" not in call.path:
        return call.host.hooks.of(call.integration())
    hook = call.host.hooks.of(call.organisation())
    if hook.id != call.path["hook_id"]:
        raise not_found()
    return hook


def _delivery(call: Call, hook: Hook) -> Delivery:
    wanted = call.path["delivery_id"]
    found = next((one for one in call.host.hooks.logged(hook) if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found


def _start(call: Call, found: list[Delivery]) -> int:
    """Return where the page begins: at the delivery that the cursor names, or at what is older."""
    cursor = call.argument("cursor", "")
    if not cursor:
        return 0
    number = cursor.removeprefix(CURSOR)
    if not cursor.startswith(CURSOR) or not number.isdecimal():
        raise ApiError(422, "Invalid cursor")
    return sum(one.id > int(number) for one in found)


def _url(call: Call, url: str, delivery: Delivery) -> str:
    return with_arguments(url, call.arguments, cursor=f"{CURSOR}{delivery.id}")
