"""A closed server with fake data and the permissions of the program, by the client for Python.

    python closed.py PUBLISHABLE SECRET TOKEN URL
"""

import sys

from postgrest import APIError, CountMethod, SyncPostgrestClient

publishable, secret, token, url = sys.argv[1:]


def client(key: str, bearer: str) -> SyncPostgrestClient:
    return SyncPostgrestClient(f"{url}/rest/v1", headers={"apikey": key, "Authorization": f"Bearer {bearer}"})


def refused(request, code: str) -> None:
    try:
        request.execute()
    except APIError as error:
        assert error.code == code, error
    else:
        raise AssertionError(f"expected {code}")


order = {"asset": "DASH", "start": "2030-01-01T00:00:00Z"}
with client(publishable, publishable) as anyone, client(publishable, token) as user, client(secret, secret) as program:
    shown = anyone.table("orders").select("*").execute().data
    assert shown and all(row["order_type"] in ("OPEN", "PARTIAL") and "memo" not in row for row in shown), shown
    refused(anyone.table("users").select("*"), "PGRST205")
    refused(anyone.table("orders").insert(order), "42501")

    own = user.table("orders").select("id, user_id").eq("user_id", 1).execute().data
    assert own
    assert user.table("orders").select("id").gt("user_id", 1).execute().data == []
    made = user.table("orders").insert(order).execute().data[0]
    assert (made["user_id"], made["order_type"]) == (1, "OPEN"), made
    refused(user.table("orders").insert({**order, "user_id": 2}), "42501")
    seen = user.table("orders").select("*", count=CountMethod.exact).execute().count
    there = program.table("orders").select("*", count=CountMethod.exact).execute().count
    assert 0 < seen < there, (seen, there)
    assert len(program.table("orders").delete().eq("id", made["id"]).execute().data) == 1
with client(publishable, "nonsense") as wrong:
    refused(wrong.table("orders").select("*"), "PGRST301")
