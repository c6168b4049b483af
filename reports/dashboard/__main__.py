"""`make dashboard`: the dashboard as a web page of this machine."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import streamlit as st
import typer
from starlette.middleware import Middleware

from chalicelib.errors import SettingsError
from chalicelib.runtime.shell import print_error
from reports.dashboard import app_path
from reports.dashboard.address import address_of, say_address
from reports.dashboard.guard import Guard
from reports.dashboard.refresh_process import REFRESH

HOST, PORT = "127.0.0.1", 8501
# They win over a ~/.streamlit/config.toml. Each is explained at
# https://docs.streamlit.io/develop/api-reference/configuration/config.toml
OPTIONS = {
    "browser.gatherUsageStats": False,  # nothing is sent to anybody
    "client.disableDataExport": True,  # its CSV would hold formulas; ours doesn't
    "client.showErrorDetails": "none",  # no stack trace: it is in the terminal
    "client.showErrorLinks": "false",
    "client.toolbarMode": "viewer",
    "logger.enableRich": False,  # its colours don't belong into a log
    "logger.hideWelcomeMessage": True,  # it asks a server of Amazon for this machine's address
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.showEmailPrompt": False,
}
FAULT = (
    "This page has a fault of its own, and can't be shown: the terminal or log of the dashboard says where. "
    "The other pages may work."
)


def options(host: str, port: int) -> dict[str, object]:
    """Give Streamlit's options."""
    return {**OPTIONS, "server.address": host, "server.port": port}


def say_fault(_: Exception) -> bool:
    """Show a sentence in place of an error that nobody expected; Streamlit has logged its trace."""
    st.error(FAULT)
    return True


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at; 0.0.0.0 is every one")] = HOST,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port")] = PORT,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="A name by which a proxy asks for it; may be repeated"),
    ] = None,
) -> None:
    """Show the dashboard in a browser. It has no passwords: before another --host read docs/dashboard.md."""
    # Settings of an environment would win otherwise.
    for variable in [each for each in os.environ if each.startswith("STREAMLIT_")]:
        del os.environ[variable]
    try:
        sys.stdout.write(say_address(host, port, address_of(host, port)))
    except SettingsError as error:
        raise typer.Exit(print_error(error)) from None
    sys.stdout.flush()
    # The server passes on the signal that ended it: what runs beside it must be ended before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        # https://docs.streamlit.io/develop/api-reference/app/st.app
        guard = Middleware(Guard, names=name or [])
        st.App(app_path(), middleware=[guard], on_script_error=say_fault).run(config=options(host, port))
    finally:
        REFRESH.close()


if __name__ == "__main__":
    typer.run(serve)
