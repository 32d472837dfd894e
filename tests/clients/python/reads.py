"""Reads by every method that PostgREST's client for Python has for reading, as it is published.

    python reads.py postgres http://127.0.0.1:8080

It needs the tables of the test that runs it, on PostgreSQL (`postgres`) or SQLite (`sqlite`), and a server that
aggregates and gives plans. It fails where the client has a method that it does not call.
"""

import sys
from functools import wraps

from postgrest import APIError, CountMethod, SyncPostgrestClient, SyncSelectRequestBuilder

engine, server = sys.argv[1:]
is_postgres = engine == "postgres"

# Methods that are not for reading; `select` among these chooses what a write gives back.
OTHERS = {"max_affected", "select"}

uncalled = set()


def watch(owner, name, value):
    """Notes whether a method is called."""
    function = value.fget if isinstance(value, property) else value

    @wraps(function)
    def called(*args, **options):
        uncalled.discard(name)
        return function(*args, **options)

    uncalled.add(name)
    setattr(owner, name, property(called) if isinstance(value, property) else called)


for owner in SyncSelectRequestBuilder.__mro__[:-1]:
    for name, value in list(vars(owner).items()):
        if not name.startswith("_") and name not in OTHERS and (callable(value) or isinstance(value, property)):
            watch(owner, name, value)


def gives(request, expected):
    """Checks the rows of a request."""
    assert (data := request.execute().data) == expected, (request.request.params, data)


def fails(request, code, **members):
    """Checks how a request fails."""
    try:
        answer = request.execute()
    except APIError as error:
        assert error.code == code and error.message, error
        for name, value in members.items():
            assert getattr(error, name) == value, error
    else:
        raise AssertionError(f"{answer} instead of {code}")


def ids(*numbers):
    return [{"id": number} for number in numbers]


def read(db):
    def articles(*columns, **options):
        return db.from_("articles").select(*(columns or ("id",)), **options)

    def authors(*columns):
        return db.table("authors").select(*columns).order("id")

    # Filters.
    for request, found in [
        (articles().eq("words", 20), [2, 4]),
        (articles().neq("words", 20), [1]),
        (articles().gt("words", 10), [2, 4]),
        (articles().gte("words", 10), [1, 2, 4]),
        (articles().lt("words", 20), [1]),
        (articles().lte("words", 20), [1, 2, 4]),
        (articles().like("title", "%cats"), [1, 3]),
        (articles().like_all_of("title", "%cats,Fat%"), [1]),
        (articles().like_any_of("title", "Fat%,D%"), [1, 4]),
        (articles().ilike("title", "FAT%"), [1, 2]),
        (articles().ilike_all_of("title", "FAT%,%RATS"), [2]),
        (articles().ilike_any_of("title", "FAT%,dogs"), [1, 2, 4]),
        (articles().is_("printed", True), [1, 4]),
        (articles().is_("printed", False), [2]),
        (articles().is_("printed", None), [3]),
        (articles().in_("title", ["Thin, cats", "Dogs"]), [3, 4]),
        (articles().match({"words": 20, "printed": True}), [4]),
        (articles().not_.eq("words", 20), [1]),
        (articles().not_.is_("words", None), [1, 2, 4]),
        (articles().not_.in_("title", ["Thin, cats", "Dogs"]), [1, 2]),
        (articles().or_("words.is.null,and(words.eq.20,printed.is.true)"), [3, 4]),
        (articles().not_.or_("words.eq.10,printed.is.null"), [2, 4]),
        (articles().filter("title", "imatch", "^FAT (cats|rats)$"), [1, 2]),
        (articles().filter("words", "isdistinct", "20"), [1, 3]),
        # Values inside JSON.
        (articles().eq("data->size", 9), [2]),
        (articles().gt("data->size", 9), [1]),
        (articles().eq("data->>fee", "0.50"), [1]),
        (articles().is_("data->by->name", None), [2, 3, 4]),
        (articles().contains("data", {"by": {"tags": ["y"]}}), [1]),
        (articles().contains("data", "[2,3]"), [3]),
        (articles().contained_by("data", {"size": 9, "fee": "1.25", "by": {"tags": []}, "more": True}), [2]),
    ]:
        gives(request.order("id"), ids(*found))

    # Arrays and ranges, whose ends this client leaves out. SQLite has no such types.
    for request, found in [
        (articles().cs("tags", ["a", "b"]), [1]),
        (articles().contains("tags", ["a", "b"]), [1]),
        (articles().cd("tags", ["a", "b", "d"]), [1, 3]),
        (articles().contained_by("tags", ["a", "b", "d"]), [1, 3]),
        (articles().ov("tags", ["a", "c"]), [1, 2]),
        (articles().overlaps("tags", ["a", "c"]), [1, 2]),
        (articles().contains("pages", "[6,8)"), [2]),
        (articles().contained_by("pages", "[0,9)"), [1, 2]),
        (articles().ov("pages", "[8,21)"), [2, 3]),
        (articles().sl("pages", (8, 12)), [1, 2]),
        (articles().range_lt("pages", (8, 12)), [1, 2]),
        (articles().sr("pages", (0, 6)), [3]),
        (articles().range_gt("pages", (0, 6)), [3]),
        (articles().nxl("pages", (4, 6)), [2, 3]),
        (articles().range_gte("pages", (4, 6)), [2, 3]),
        (articles().nxr("pages", (0, 9)), [1, 2]),
        (articles().range_lte("pages", (0, 9)), [1, 2]),
        (articles().adj("pages", (8, 20)), [2, 3]),
        (articles().range_adjacent("pages", (8, 20)), [2, 3]),
        (articles().not_.ov("tags", ["a"]), [2, 3]),
    ]:
        gives(request.order("id"), ids(*found)) if is_postgres else fails(request, "42883")

    # Searches for words.
    english = {"config": "english"}
    for request, found in [
        (articles().fts("body", "fat & cat"), [1]),
        (articles().plfts("body", "cat fat"), [1]),
        (articles().phfts("body", "fat cat"), [1]),
        (articles().wfts("body", "fat -cat"), [2]),
        (articles().text_search("body", "fat & cat", english), [1]),
        (articles().text_search("body", "cats fat", {**english, "type": "plain"}), [1]),
        (articles().text_search("body", "fat cats", {**english, "type": "phrase"}), [1]),
        (articles().text_search("body", "fat -cat", {**english, "type": "web_search"}), [2]),
        (articles().text_search("document", "rat", english), [2]),
    ]:
        gives(request.order("id"), ids(*found)) if is_postgres else fails(request, "0A000")

    # Related rows.
    def adas():
        return authors("articles(id)").eq("id", 1)

    related = {"foreign_table": "articles"}
    for request, found in [
        (adas().order("id", **related), [1, 2]),
        (adas().order("words", desc=True, nullsfirst=False, **related), [2, 1]),
        (adas().order("id", **related).limit(1, **related), [1]),
        (adas().order("id", **related).range(1, 5, **related), [2]),
        (adas().or_("id.eq.2,words.is.null", reference_table="articles"), [2]),
    ]:
        gives(request, [{"articles": ids(*found)}])

    # Columns and aggregates.
    gives(
        articles("size:data->size", "data->by->>name", "words::text").eq("id", 1),
        [{"size": 10, "name": "ada", "words": "10"}],
    )
    gives(articles("count()", "words.sum()"), [{"count": 4, "sum": 50}])
    gives(
        articles("printed", "count()", "words.sum()").order("printed", nullsfirst=True),
        [
            {"printed": None, "count": 1, "sum": None},
            {"printed": False, "count": 1, "sum": 20},
            {"printed": True, "count": 2, "sum": 30},
        ],
    )
    gives(authors("name", "articles(count())").lt("id", 2), [{"name": "Ada", "articles": [{"count": 2}]}])

    # Order and pages.
    gives(articles().order("words").order("id"), ids(1, 2, 4, 3))
    gives(articles().order("words", nullsfirst=True).order("id"), ids(3, 1, 2, 4))
    gives(articles().order("words", desc=True).order("id"), ids(3, 2, 4, 1))
    gives(articles().order("words", desc=True, nullsfirst=False).order("id"), ids(2, 4, 1, 3))
    gives(articles().order("id").limit(2).offset(1), ids(2, 3))
    gives(articles().order("id").range(1, 2), ids(2, 3))
    for count in CountMethod:
        page = articles("id", count=count).order("id").limit(1).execute()
        assert (page.data, page.count) == (ids(1), 4), (count, page)
        head = articles("id", count=count, head=True).execute()
        assert (head.data, head.count) == ([], 4), (count, head)

    # Forms of a response.
    gives(articles().eq("id", 1).single(), {"id": 1})
    fails(articles().eq("words", 20).single(), "PGRST116", details="The result contains 2 rows")
    gives(articles().eq("id", 1).maybe_single(), {"id": 1})
    assert articles().eq("id", 9).maybe_single().execute() is None
    gives(articles("id", "title", "words").eq("id", 3).csv(), 'id,title,words\r\n3,"Thin, cats",\r\n')
    gives(articles("id", "words").eq("id", 3).strip_nulls(), ids(3))
    gives(articles().eq("id", 1).retry(False), ids(1))
    assert isinstance(articles().explain().execute(), str)
    assert articles().explain(format="json").execute().data[0]["Plan"]["Node Type"]
    fails(articles("colour"), "42703")

    # Schemas.
    def schema(name):
        return db.schema(name).from_("articles").select("id").order("id")

    if is_postgres:
        gives(schema("public"), ids(1, 2, 3, 4))
        gives(schema("archive"), ids(7))
        fails(schema("other"), "PGRST106", hint="the schemas are public, archive")
    else:
        fails(schema("archive"), "PGRST106")


with SyncPostgrestClient(f"{server}/rest/v1") as client:
    read(client)
assert not uncalled, uncalled
