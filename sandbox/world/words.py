"""The vocabulary the generated organisation speaks."""

GIVEN_NAMES = (
    "Ada Aisha Akira Alba Amara Anders Anika Anouk Arjun Astrid Bastian Beatriz Bjorn Carmen Chidi Clara Daria Dmitri "
    "Elif Emeka Emil Esther Farid Fatima Felix Freya Gabriel Giulia Hana Hugo Ines Ingrid Ivan Jamal Jana Joao Jonas "
    "Kaito Karim Katya Kofi Lars Leila Lena Linh Lucia Luka Magda Malik Marek Mateo Maya Mei Mila Nadia Naoko Nikhil "
    "Noor Olga Omar Oskar Paula Pedro Petra Priya Rafael Rania Ravi Rosa Sami Sanna Selin Soren Sofia Tariq Tess Thabo "
    "Tomas Uma Viktor Wanda Wei Yara Yusuf Zofia Zuri"
).split()

FAMILY_NAMES = (
    "Abara Ahlberg Almeida Andersen Arslan Banerjee Bauer Becker Bianchi Brandt Castillo Chaudhry Costa Dahl Demir "
    "Diallo Dubois Eriksen Farouk Fischer Fontaine Garcia Gruber Haddad Hansen Hoang Horvat Ibarra Ito Ivanova Jensen "
    "Kapoor Keller Khoury Kimura Klein Kovac Kowalski Kruger Larsen Lindqvist Lopez Mbeki Mehta Mendes Moreau Mori "
    "Nakamura Navarro Nguyen Novak Nowak Nyberg Obi Okafor Olsen Ortiz Park Pavlov Pereira Petrov Popescu Quist Rahman "
    "Reyes Ricci Rossi Saito Santos Schmidt Serrano Shah Silva Sokolova Stein Suzuki Tanaka Toth Varga Vogel Wagner "
    "Weiss Yamada Yilmaz Zeman"
).split()

REPO_FIRST = (
    "api atlas auth batch billing catalog checkout cluster content data deploy design docs edge event feature gateway "
    "geo graph identity image infra ingest inventory ledger mail metrics mobile notify orders payments platform "
    "pricing profile query queue report schema search session shipping storage stream sync tenant web workflow"
).split()

REPO_SECOND = (
    "agent api app bridge cli client collector console core dashboard engine exporter forms gateway hub kit lib loader "
    "manager operator pipeline plugin portal proxy router runner sdk server service site store tools worker"
).split()

LANGUAGES = ("Python", "TypeScript", "Go", "Java", "Rust", "Kotlin", "Shell", "HCL")

TEAM_NAMES = ("Engineering", "Payments", "Web", "Data", "Mobile", "Security", "Developer Experience", "Search")

LOCATIONS = (
    ("Berlin", 1),
    ("Lisbon", 0),
    ("Stockholm", 1),
    ("Warsaw", 1),
    ("New York", -5),
    ("Toronto", -5),
    ("San Francisco", -8),
    ("São Paulo", -3),
    ("Bengaluru", 5),
    ("Tokyo", 9),
    ("Singapore", 8),
    ("Nairobi", 3),
)

# name, colour, description; the first few are GitHub's own defaults.
LABELS: tuple[tuple[str, str, str | None], ...] = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
    ("dependencies", "0366d6", "Pull requests that update a dependency file"),
    ("priority: high", "b60205", None),
    ("priority: low", "c2e0c6", None),
    ("needs triage", "fbca04", None),
    ("area/performance", "5319e7", None),
    ("tech-debt", "ededed", None),
    ("stale", "eeeeee", "No activity for 60 days"),
    ("🚀 release", "1d76db", "Ships with the next release"),
)
DEFAULT_LABELS = 8

COMPONENTS = (
    "the login form, the search index, webhook delivery, the CSV export, the retry queue, session refresh, "
    "the invoice PDF, the settings page, pagination, the health check, the cache layer, rate limiting, "
    "the nightly job, the onboarding flow, the audit log, image upload, the connection pool, "
    "the feature flag page, the metrics endpoint, the Helm chart, time zone handling, the password reset mail, "
    "the order history, the role editor"
).split(", ")

FAULTS = (
    "fails with a 500, hangs, is slow on large accounts, shows stale data, loses the last row, "
    "ignores the locale, crashes on empty input, times out behind a proxy, duplicates entries, breaks on Safari, "
    "leaks memory, returns the wrong status code, throws NullPointerException, does not respect dark mode, "
    "rejects valid e-mail addresses"
).split(", ")

CONDITIONS = (
    "",
    "",
    "",
    " after upgrade",
    " when the token expires",
    " on ARM machines",
    " under load",
    " with more than 1,000 rows",
    " for invited users",
    " on Windows",
    " since last Friday's release",
    " if the name contains an emoji 🙂",
)

WISHES = (
    "Support filters in, Allow bulk edits in, Document, Add keyboard shortcuts to, Make it possible to disable, "
    "Show progress in, Add an API for, Translate, Add tests for, Expose metrics of"
).split(", ")

PR_VERBS = (
    ("fix", "Prevent a crash in"),
    ("fix", "Handle empty input in"),
    ("fix", "Avoid a race in"),
    ("feat", "Add dark mode to"),
    ("feat", "Support bulk operations in"),
    ("feat", "Add tracing to"),
    ("refactor", "Simplify"),
    ("refactor", "Extract a service from"),
    ("perf", "Cache lookups in"),
    ("perf", "Speed up"),
    ("test", "Cover"),
    ("docs", "Describe"),
    ("chore", "Clean up"),
    ("build", "Pin versions for"),
)

PR_DETAILS = (
    "under load, behind a flag, for invited users, on ARM, after the upgrade, for large accounts, in staging, "
    "(second try), as agreed in planning, ✨, für die Demo"
).split(", ")

PACKAGES = (
    "requests boto3 sqlalchemy pydantic urllib3 cryptography pytest ruff mypy numpy fastapi uvicorn lodash react vite "
    "typescript eslint axios webpack jest express golang.org/x/net serde tokio junit-jupiter actions/checkout "
    "actions/setup-python docker/build-push-action"
).split()

SENTENCES = (
    "Seen in production twice this week.",
    "It used to work before the last release.",
    "I can reproduce it locally with a fresh database.",
    "The logs don't show anything unusual.",
    "A workaround is to retry by hand, but our support team is not happy about it.",
    "This came up in the incident review.",
    "I'd be glad to send a pull request if someone points me to the right place.",
    "We should at least log the reason.",
    "Customers with large accounts notice it first.",
    "The behaviour differs between staging and production.",
    "No urgency from our side, it can wait until the next planning.",
    "See the thread in our channel for background.",
    "Happy to pair on this.",
    "Let's keep the change small and follow up with the rest.",
    "Tests cover both the old and the new path.",
    "Rolled out behind a flag, off by default.",
    "Benchmarks look good: p95 went from 840 ms to 120 ms.",
)

FOREIGN_SENTENCES = (
    "日本語の入力で文字化けが発生します。再現手順は下記の通りです。",
    "При загрузке файла с кириллицей в имени появляется ошибка.",
    "Die Übersetzung für „Rechnungsadresse“ fehlt, siehe Bildschirmfoto.",
    "升级之后页面无法加载，请帮忙看一下。",
    "عند تغيير اللغة تظهر الأزرار في الجهة الخطأ.",
    "A tela fica em branco depois da atualização 😕",
)

# Each trace is of one language.
STACK_LINES = (
    (
        '  File "/srv/app/handlers.py", line {line}, in handle',
        '  File "/srv/app/store.py", line {line}, in fetch',
        '  File "/srv/app/client.py", line {line}, in _send',
    ),
    (
        "    at com.example.orders.OrderService.load(OrderService.java:{line})",
        "    at com.example.orders.OrderController.show(OrderController.java:{line})",
        "    at com.example.http.Dispatcher.dispatch(Dispatcher.java:{line})",
    ),
    (
        "    at processTicksAndRejections (node:internal/process/task_queues:{line})",
        "    at async loadOrder (/srv/app/dist/orders.js:{line})",
        "    at async handle (/srv/app/dist/server.js:{line})",
    ),
)

MILESTONES = ("v1.0", "v1.1", "v1.2", "v2.0", "Q1", "Q2", "Q3", "Hardening", "Beta")

COMMENTS = (
    "I can reproduce this on the latest main.",
    "Thanks for the report, we'll have a look.",
    "Could you share the logs around that time?",
    "Same here, on two of our accounts.",
    "This should be fixed by the last release, can you try again?",
    "+1, this blocks our rollout.",
    "Let's discuss it in the next planning.",
    "I'll take this one.",
    "Good catch! I missed that case.",
    "Rebased onto main, tests are green again.",
    "Is there a workaround until then?",
    "Not sure this is the right place, but the behaviour changed for me, too. 🤔",
    "Ping @reviewers, this is ready.",
    "Das betrifft auch unsere Mandanten.",
    "再現しました。ログを添付します。",
)

BOT_COMMENTS = (
    "## Coverage\n\n| before | after |\n|---|---|\n| 91.2% | 91.4% |",
    "✅ Preview is ready.",
    "⚠️ The bundle grows by 1.2 kB.",
)

APPROVALS = ("", "", "", "LGTM", "Nice! 🎉", "Looks good to me, thanks.", "Approved, one nit inline that can wait.")
OBJECTIONS = (
    "This misses the case of an empty list, please add a test.",
    "I don't think we should swallow the exception here.",
    "Please split the refactoring from the fix.",
    "The migration locks the table, can we do it in two steps?",
)
REMARKS = ("", "A question before I go on: why not reuse the client?", "First half read, more tomorrow.", "Some nits.")
NITS = ("Nit: name this after what it returns.", "Could be a generator.", "Is this still needed?", "Typo.", "👍")
DISMISSALS = ("The code changed since.", "Resolved in a call.", "Reviewer is on leave.")
COMMIT_MESSAGES = (
    "First version",
    "Add tests",
    "Address review comments",
    "Handle the empty case",
    "Fix the linter's complaints",
    "Update the docs\n\nAs discussed.",
    "Rename for clarity",
)
