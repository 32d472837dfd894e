"""Reads related rows through PostgREST's client for Python, as it is published.

    python related_rows.py chinook PascalCase http://127.0.0.1:8080
    python related_rows.py entities http://127.0.0.1:8080
    python related_rows.py several http://127.0.0.1:8080

The first needs a server over Chinook, whose tables are named in PascalCase, as for SQLite, or in snake_case, as for
PostgreSQL. The second needs one over mWallet's own tables, with the rows that related.mjs writes, and the third one over
the tables of the test that runs it.
"""

import re
import sys

from postgrest import APIError, CountMethod, SyncPostgrestClient


def fails(request, code, **members):
    """Checks the error of a request, which must fail so."""
    try:
        answer = request.execute()
    except APIError as error:
        assert error.code == code, error
        assert error.message, error
        for name, value in members.items():
            assert getattr(error, name) == value, error
        return
    raise AssertionError(f"{answer} instead of {code}")


def gives(request, expected):
    """Checks the rows of a request."""
    data = request.execute().data
    assert data == expected, f"{request.request.path}?{request.request.params}: {data} instead of {expected}"


def counts(request, expected):
    """Checks how many rows a request finds."""
    count = request.execute().count
    assert count == expected, f"{request.request.path}?{request.request.params}: {count} instead of {expected}"


def chinook(db, style):
    def n(text):
        """A text with names as the database has them."""
        if style == "PascalCase":
            return text
        return re.sub(r"\b[A-Z]\w*", lambda name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[0]).lower(), text)

    def named(rows):
        """Rows with the names that the database has."""
        if isinstance(rows, list):
            return [named(row) for row in rows]
        return {n(name): named(value) for name, value in rows.items()} if isinstance(rows, dict) else rows

    def read(table, *columns, **options):
        return db.from_(n(table)).select(*map(n, columns), **options)

    def rows(request, expected):
        gives(request, named(expected))

    album = {"foreign_table": n("Album")}
    # To one row, to several, through a junction, and to the same table.
    rows(
        read("Album", "Title", "Artist(Name)").in_(n("AlbumId"), [2, 5]).order(n("AlbumId")),
        [
            {"Title": "Balls to the Wall", "Artist": {"Name": "Accept"}},
            {"Title": "Big Ones", "Artist": {"Name": "Aerosmith"}},
        ],
    )
    rows(
        read("Artist", "Name", "Album(AlbumId)")
        .in_(n("ArtistId"), [1, 25])
        .order(n("ArtistId"))
        .order(n("AlbumId"), **album),
        [
            {"Name": "AC/DC", "Album": [{"AlbumId": 1}, {"AlbumId": 4}]},
            {"Name": "Milton Nascimento & Bebeto", "Album": []},
        ],
    )
    for playlist in ["Playlist", "Playlist!PlaylistTrack", "Playlist!inner", "Playlist!left!PlaylistTrack"]:
        rows(
            read("Track", f"{playlist}(PlaylistId)")
            .eq(n("TrackId"), 597)
            .order(n("PlaylistId"), foreign_table=n("Playlist")),
            [{"Playlist": [{"PlaylistId": 1}, {"PlaylistId": 8}, {"PlaylistId": 18}]}],
        )
    rows(
        read("Employee", "FirstName", "staff:Employee!ReportsTo(FirstName)", "manager:ReportsTo(FirstName)")
        .in_(n("EmployeeId"), [1, 6])
        .order(n("EmployeeId"))
        .order(n("EmployeeId"), foreign_table="staff", desc=True),
        [
            {"FirstName": "Andrew", "staff": [{"FirstName": "Michael"}, {"FirstName": "Nancy"}], "manager": None},
            {
                "FirstName": "Michael",
                "staff": [{"FirstName": "Laura"}, {"FirstName": "Robert"}],
                "manager": {"FirstName": "Andrew"},
            },
        ],
    )
    # Several levels.
    rows(
        read("Artist", "Name", "Album(Title, Track(TrackId, MediaType(Name)))")
        .eq(n("ArtistId"), 2)
        .order(n("AlbumId"), **album)
        .order(n("TrackId"), foreign_table=n("Album.Track"))
        .range(1, 1, foreign_table=n("Album.Track")),
        [
            {
                "Name": "Accept",
                "Album": [
                    {"Title": "Balls to the Wall", "Track": []},
                    {
                        "Title": "Restless and Wild",
                        "Track": [{"TrackId": 4, "MediaType": {"Name": "Protected AAC audio file"}}],
                    },
                ],
            }
        ],
    )
    rows(
        read("InvoiceLine", "Quantity, Track(Album(Title, Artist(Name)))").eq(n("InvoiceLineId"), 2),
        [{"Quantity": 1, "Track": {"Album": {"Title": "Restless and Wild", "Artist": {"Name": "Accept"}}}}],
    )
    rows(
        read("Employee", "Customer(CustomerId, Invoice(InvoiceId, InvoiceLine(TrackId)))")
        .eq(n("EmployeeId"), 3)
        .eq(n("Customer.CustomerId"), 1)
        .eq(n("Customer.Invoice.InvoiceId"), 98)
        .lt(n("Customer.Invoice.InvoiceLine.TrackId"), 3248),
        [{"Customer": [{"CustomerId": 1, "Invoice": [{"InvoiceId": 98, "InvoiceLine": [{"TrackId": 3247}]}]}]}],
    )
    # Names.
    for target in ["Artist!ArtistId", "Artist!Album_ArtistId_fkey", "Artist!left", "ArtistId", "Album_ArtistId_fkey"]:
        rows(read("Album", f"singer:{target}(Name)").eq(n("AlbumId"), 2), [{"singer": {"Name": "Accept"}}])
    # Spreads.
    rows(
        read("Track", "Name", "...Album(Title, ...Artist(artist:Name))").eq(n("TrackId"), 3),
        [{"Name": "Fast As a Shark", "Title": "Restless and Wild", "artist": "Accept"}],
    )
    rows(
        read("Artist", "Name", "...Album(keys:AlbumId, Title)")
        .in_(n("ArtistId"), [2, 25])
        .order(n("ArtistId"))
        .order(n("AlbumId"), **album),
        [
            {"Name": "Accept", "keys": [2, 3], "Title": ["Balls to the Wall", "Restless and Wild"]},
            {"Name": "Milton Nascimento & Bebeto", "keys": [], "Title": []},
        ],
    )

    # Filters of related rows.
    def tracks():
        return read("Album", "Track(TrackId)").eq(n("AlbumId"), 3).order(n("TrackId"), foreign_table=n("Track"))

    name, key, composer, track = n("Track.Name"), n("Track.TrackId"), n("Track.Composer"), n("Track")
    for request, expected in [
        (tracks(), [3, 4, 5]),
        (tracks().eq(name, "Restless and Wild"), [4]),
        (tracks().neq(key, 4), [3, 5]),
        (tracks().gt(key, 3).lt(key, 5), [4]),
        (tracks().gte(key, 4).lte(key, 9), [4, 5]),
        (tracks().like(name, "%the%"), [5]),
        (tracks().ilike(name, "FAST*"), [3]),
        (tracks().like_any_of(name, "Fast%,Princess%"), [3, 5]),
        (tracks().like_all_of(name, "%and%,%Wild"), [4]),
        (tracks().ilike_any_of(name, "FAST%,PRINCESS%"), [3, 5]),
        (tracks().ilike_all_of(name, "%AND%,%WILD"), [4]),
        (tracks().in_(name, ["Fast As a Shark", "a,b"]), [3]),
        (tracks().is_(composer, None), []),
        (tracks().not_.is_(composer, None), [3, 4, 5]),
        (tracks().not_.in_(key, [3, 4]), [5]),
        (tracks().match({key: 4, n("Track.GenreId"): 1}), [4]),
        (tracks().filter(key, "in", "(3,5)"), [3, 5]),
        (tracks().or_(n("TrackId.eq.3,and(TrackId.gt.4,GenreId.eq.1)"), reference_table=track), [3, 5]),
        (tracks().not_.or_(n("TrackId.eq.3,TrackId.gt.4"), reference_table=track), [4]),
        (tracks().limit(2, foreign_table=track), [3, 4]),
        (tracks().range(1, 9, foreign_table=track), [4, 5]),
    ]:
        rows(request, [{"Track": [{"TrackId": number} for number in expected]}])

    # Which rows there are.
    revelations = [{"ArtistId": 8, "Album": [{"Title": "Revelations"}]}]
    rows(read("Artist", "ArtistId", "Album!inner(Title)").eq(n("Album.Title"), "Revelations"), revelations)
    rows(
        read("Artist", "ArtistId", "Album(Title)").eq(n("Album.Title"), "Revelations").not_.is_(n("Album"), None),
        revelations,
    )
    rows(
        read("Playlist", "PlaylistId", "Track()").is_(track, None).order(n("PlaylistId")),
        [{"PlaylistId": number} for number in [2, 4, 6, 7]],
    )
    rows(
        read("Employee", "EmployeeId", "ReportsTo()", "Customer()")
        .or_(n("ReportsTo.is.null,Customer.not.is.null"))
        .order(n("EmployeeId")),
        [{"EmployeeId": number} for number in [1, 3, 4, 5]],
    )

    # Orders.
    def composers(**options):
        some = read("Playlist", "Track(TrackId)").eq(n("PlaylistId"), 16).in_(key, [52, 2512, 3367])
        return some.order(n("Composer"), foreign_table=track, **options)

    for options, expected in [
        ({}, [2512, 52, 3367]),
        ({"desc": True}, [3367, 52, 2512]),
        ({"nullsfirst": True}, [3367, 2512, 52]),
        ({"desc": True, "nullsfirst": False}, [52, 2512, 3367]),
    ]:
        rows(composers(**options), [{"Track": [{"TrackId": number} for number in expected]}])
    rows(
        read("Album", "AlbumId", "Artist()")
        .in_(n("AlbumId"), [2, 3, 5, 120])
        .order(n("Artist(Name)"), desc=True)
        .order(n("AlbumId")),
        [{"AlbumId": number} for number in [120, 5, 2, 3]],
    )

    # One row, and numbers of rows.
    one = {"Name": "Aerosmith", "Album": [{"AlbumId": 5}]}
    rows(read("Artist", "Name", "Album(AlbumId)").eq(n("ArtistId"), 3).single(), one)
    rows(read("Artist", "Name", "Album(AlbumId)").eq(n("ArtistId"), 3).maybe_single(), one)
    assert read("Artist", "Album!inner(AlbumId)").eq(n("ArtistId"), 25).maybe_single().execute() is None
    fails(
        read("Artist", "Album!inner(AlbumId)").lt(n("ArtistId"), 3).single(),
        "PGRST116",
        details="The result contains 2 rows",
    )
    exact = {"count": CountMethod.exact}
    counts(read("Artist", "ArtistId", "Album!inner(Title)", **exact).like(n("Album.Title"), "%Live%").limit(2), 11)
    counts(read("Artist", "Album!inner(Title)", head=True, **exact), 204)
    counts(read("Artist", "Album(Title)", head=True, **exact), 275)
    assert read("Album", "Artist(Name)", head=True).execute().data == []

    # Errors.
    hint = f"Perhaps you meant '{n('Artist')}' instead of '{n('Artists')}'."
    fails(read("Album", "Artists(Name)"), "PGRST200", hint=hint)
    hint = f"Verify that '{track}' is included in the 'select' query parameter."
    fails(read("Album", "Title").eq(name, "x"), "PGRST108", hint=hint)
    fails(read("Album", "Title").order(n("Name"), foreign_table=track), "PGRST108", hint=hint)
    fails(read("Album", "Title").limit(1, foreign_table=track), "PGRST108", hint=hint)
    fails(read("Artist", "Album(Title)").order(n("Album(Title)")), "PGRST118")
    fails(read("Artist", "Album(Title)").eq(n("Album"), 1), "PGRST120")
    fails(read("Album", "Artist(Nam)"), "42703")


def entities(db):
    def read(table, *columns, **options):
        return db.from_(table).select(*columns, **options)

    gives(
        read("orders", "slug", "users(username, organizations(name))").in_("slug", ["a", "d"]).order("id"),
        [
            {"slug": "a", "users": {"username": "ada", "organizations": {"name": "Guild of Traders"}}},
            {"slug": "d", "users": None},
        ],
    )
    gives(
        read("users", "username", "orders(slug, transactions(tranx_id, meta))", "groups(name)")
        .eq("id", 1)
        .order("id", foreign_table="orders")
        .order("id", foreign_table="orders.transactions", desc=True)
        .order("id", foreign_table="groups"),
        [
            {
                "username": "ada",
                "orders": [
                    {
                        "slug": "a",
                        "transactions": [
                            {"tranx_id": "y", "meta": None},
                            {"tranx_id": "x", "meta": {"height": 300025, "tags": ["a", None]}},
                        ],
                    },
                    {"slug": "b", "transactions": []},
                ],
                "groups": [{"name": "admins"}, {"name": "traders"}],
            }
        ],
    )
    gives(
        read("users", "username", "user_addresses!inner(address)").is_("user_addresses.label", None),
        [{"username": "ada", "user_addresses": [{"address": "1A"}]}],
    )
    gives(
        read("groups", "name", "...users(members:username)").order("id").order("id", foreign_table="users"),
        [{"name": "admins", "members": ["ada"]}, {"name": "traders", "members": ["ada", "bola"]}],
    )
    counts(read("orders", "users!inner()", count=CountMethod.exact, head=True).eq("users.rsid", "ada"), 2)
    fails(read("users", "user_addresses(account_key)"), "42703")
    fails(read("orders", "user(*)"), "PGRST200", hint="Perhaps you meant 'users' instead of 'user'.")


def several(db):
    deliveries = db.from_("deliveries")
    relationship = "{0} using deliveries({0}_id) and places(id)"
    details = [
        {"cardinality": "many-to-one", "embedding": "deliveries with places", "relationship": relationship.format(name)}
        for name in ["destination", "origin"]
    ]
    fails(deliveries.select("places(name)"), "PGRST201", details=details)
    gives(
        deliveries.select("origin:places!origin(name)", "to:destination_id(name)").order("to(name)").limit(1),
        [{"origin": {"name": "Lagos"}, "to": {"name": "Abuja"}}],
    )
    gives(
        deliveries.select("id", "receipts(note)").lte("id", 2).order("id"),
        [{"id": 1, "receipts": {"note": "at the door"}}, {"id": 2, "receipts": None}],
    )


part, *style, server = sys.argv[1:]
with SyncPostgrestClient(f"{server}/rest/v1") as client:
    {"chinook": chinook, "entities": entities, "several": several}[part](client, *style)
