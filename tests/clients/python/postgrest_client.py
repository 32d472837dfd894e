"""What can be done with an mWallet through PostgREST's client for Python, as it is published.

    python postgrest_client.py http://127.0.0.1:8080

It needs a database without rows. Each part below reads what those before it wrote.
"""

import sys

from postgrest import APIError, CountMethod, SyncPostgrestClient
from postgrest.types import ReturnMethod

START = "2030-01-01T00:00:00Z"


def slugs(request):
    """The slugs of the rows of a request."""
    return [row["slug"] for row in request.execute().data]


def fails(request, code):
    """The error of a request, which must fail so."""
    try:
        answer = request.execute()
    except APIError as error:
        assert error.code == code, error
        assert error.message, error
        return error
    raise AssertionError(f"{answer} instead of {code}")


def create(db):
    order = {"slug": "a", "usid": "ada", "start": START, "memo": "half a coin"}
    (row,) = db.from_("orders").insert(order).execute().data
    assert (row["id"], row["asset"], row["version"]) == (1, "BITCOIN", 1), row

    orders = [
        {"slug": "b", "usid": "ada", "start": START, "asset": "DASH", "memo": 'Lite, "fast"'},
        {"slug": "c", "usid": "bola", "start": START, "expected_end": "2030-02-01T00:00:00Z"},
    ]
    # What one lacks that another has becomes null, which not every column takes, unless its default is asked for.
    fails(db.from_("orders").insert(orders), "23502")
    # All columns come back, or with `minimal` none.
    made = db.from_("orders").insert(
        orders, default_to_null=False, count=CountMethod.exact, returning=ReturnMethod.minimal
    )
    answer = made.execute()
    assert (answer.data, answer.count) == ([], 2), answer


def read(db):
    def orders(*columns):
        return db.from_("orders").select(*(columns or ("slug",))).order("id")

    for request, expected in [
        (orders(), "abc"),
        (orders().eq("asset", "DASH"), "b"),
        (orders().neq("usid", "ada"), "c"),
        (orders().gt("id", 1).lte("id", 2), "b"),
        (orders().gte("id", 2).lt("id", 3), "b"),
        (orders().like("memo", "%a_f%"), "a"),
        (orders().ilike("memo", "LITE*"), "b"),
        (orders().like_any_of("usid", "b%,c%"), "c"),
        (orders().like_all_of("usid", "%d%,%a"), "ab"),
        (orders().ilike_any_of("usid", "A%,C%"), "ab"),
        (orders().ilike_all_of("usid", "%D%,%A"), "ab"),
        (orders().filter("memo", "match", "^half"), "a"),
        (orders().in_("slug", ["a", "c"]), "ac"),
        (orders().in_("memo", ['Lite, "fast"', "none"]), "b"),
        (orders().in_("slug", []), ""),
        (orders().is_("memo", None), "c"),
        (orders().not_.is_("memo", None), "ab"),
        (orders().not_.eq("usid", "ada"), "c"),
        (orders().not_.in_("id", [1, 2]), "c"),
        (orders().or_("asset.eq.DASH,usid.eq.bola"), "bc"),
        (orders().not_.or_("asset.eq.DASH,usid.eq.bola"), "a"),
        (orders().or_("slug.eq.c,and(usid.eq.ada,or(id.eq.2,memo.is.null))"), "bc"),
        (orders().match({"usid": "ada", "asset": "BITCOIN"}), "a"),
        (orders().filter("id", "in", "(1,3)"), "ac"),
        (orders().limit(2), "ab"),
        (orders().limit(1).offset(1), "b"),
        (orders().range(1, 9), "bc"),
    ]:
        assert "".join(slugs(request)) == expected, (request.request.params, slugs(request))

    assert orders("number:id", "remark:memo").eq("id", 1).execute().data == [{"number": 1, "remark": "half a coin"}]
    descending = db.from_("orders").select("slug").order("memo", desc=True, nullsfirst=False).order("id")
    assert slugs(descending) == ["a", "b", "c"], slugs(descending)

    page = db.from_("orders").select("slug", count=CountMethod.exact).limit(1).execute()
    assert (len(page.data), page.count) == (1, 3), page
    head = db.from_("orders").select("*", count=CountMethod.exact, head=True).eq("usid", "ada").execute()
    assert (head.data, head.count) == ([], 2), head

    assert orders("id", "memo").eq("id", 1).csv().execute().data == "id,memo\r\n1,half a coin\r\n"
    assert orders().eq("id", 1).single().execute().data == {"slug": "a"}
    assert fails(orders().eq("id", 99).single(), "PGRST116").details == "The result contains 0 rows"
    assert orders().eq("id", 1).maybe_single().execute().data == {"slug": "a"}
    assert orders().eq("id", 99).maybe_single().execute() is None
    fails(orders().maybe_single(), "406")


def change(db):
    orders = db.from_("orders")
    (row,) = orders.update({"memo": "new"}).eq("slug", "c").execute().data
    assert (row["memo"], row["version"]) == ("new", 2), row
    assert orders.update({"memo": "new"}).eq("slug", "none").execute().data == []

    wanted = [
        {"slug": "c", "usid": "bola", "start": START, "memo": "found"},
        {"slug": "d", "usid": "emeka", "start": START, "memo": "made"},
    ]
    upserted = orders.upsert(wanted, on_conflict="slug").execute().data
    assert [(row["slug"], row["memo"], row["version"]) for row in upserted] == [("c", "found", 3), ("d", "made", 1)]
    assert orders.upsert(wanted, on_conflict="slug", ignore_duplicates=True).execute().data == []

    error = fails(orders.update({"memo": "x"}).eq("usid", "ada").max_affected(1), "PGRST124")
    assert error.details == "The query affects 2 rows", error
    assert slugs(orders.select("slug").eq("memo", "x")) == []

    (row,) = orders.delete().eq("slug", "d").execute().data
    assert row["usid"] == "emeka", row
    assert orders.delete(count=CountMethod.exact).eq("slug", "d").execute().count == 0


def errors(db):
    orders = db.from_("orders")
    unknown = fails(db.from_("ordres").select("*"), "PGRST205")
    assert (unknown.message, unknown.hint) == ("there is no table ordres", "Perhaps you meant the table 'public.orders'")
    assert fails(orders.select("colour"), "42703").hint.startswith("the columns are id, uuid, slug")
    fails(orders.select("*").eq("id", "one"), "22P02")
    assert fails(orders.insert({"slug": "a", "usid": "ada", "start": START}), "23505").message.startswith("a row with")
    fails(orders.insert({"usid": "ada", "start": START, "user_id": 99}), "23503")
    fails(orders.insert({"asset": "GOLD", "start": "soon", "usid": "ada"}), "22P02")
    fails(orders.insert([{"usid": "ada", "start": START, "colour": "red"}]), "PGRST204")
    for request in [orders.update({"memo": "x"}), orders.delete()]:
        assert fails(request, "21000").hint == "add a filter, such as id=eq.5"
    assert orders.select("id", count=CountMethod.exact).execute().count == 3


with SyncPostgrestClient(f"{sys.argv[1]}/rest/v1") as client:
    for part in [create, read, change, errors]:
        part(client)
