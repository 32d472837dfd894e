"""Execution plans through PostgREST's client for Python, as it is published.

    python plans.py postgres http://127.0.0.1:8080

It needs mWallet's own tables, on PostgreSQL (`postgres`) or SQLite (`sqlite`), and a server that gives plans.
"""

import sys

from postgrest import APIError, SyncPostgrestClient

engine, server = sys.argv[1:]

with SyncPostgrestClient(f"{server}/rest/v1") as client:
    orders = lambda: client.from_("orders").select("slug", "users(username)").order("id")

    text = orders().explain().execute()
    assert ("cost=" in text) if engine == "postgres" else text.startswith("QUERY PLAN\n|--"), text
    (plan,) = orders().explain(format="json").execute().data
    assert isinstance(plan["Plan"]["Node Type"], str), plan
    assert plan["Plan"]["Plans"], plan

    options = dict(analyze=True, verbose=True, settings=True, buffers=True, wal=True)
    if engine == "postgres":
        text = orders().explain(**options).execute()
        assert "(actual " in text and "Execution Time: " in text, text
        (plan,) = orders().explain(format="json", **options).execute().data
        assert plan["Plan"]["Actual Rows"] == 0, plan
    else:
        try:
            answer = orders().explain(**options).execute()
            raise AssertionError(f"{answer} instead of an error")
        except APIError as error:
            assert (error.code, error.message) == ("0A000", "analyze: SQLite has plans without options only"), error
