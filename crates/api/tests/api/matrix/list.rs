//! The list itself.

/// Cases about the same part of the language.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) cases: &'static [Case],
}

/// One thing that a client can ask for.
pub(super) struct Case {
    /// How it is written.
    pub(super) syntax: &'static str,
    /// What it does. Cases without it are not shown: they test another side of the one before.
    pub(super) meaning: &'static str,
    /// The table and parameters of a request that asks for it.
    pub(super) request: &'static str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) postgres: Outcome,
    pub(super) sqlite: Outcome,
}

/// What an engine answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// This body.
    Text(&'static str),
    /// These headers among others.
    Headers(&'static [(&'static str, &'static str)]),
    /// An error with this code.
    Refused { code: &'static str, why: &'static str },
}

const fn both(syntax: &'static str, meaning: &'static str, request: &'static str, text: &'static str) -> Case {
    Case { syntax, meaning, request, headers: &[], postgres: Outcome::Text(text), sqlite: Outcome::Text(text) }
}

/// What only PostgreSQL can do.
const fn only(syntax: &'static str, meaning: &'static str, request: &'static str, text: &'static str) -> Case {
    let sqlite = Outcome::Refused { code: "42883", why: "no: has no such types" };
    Case { syntax, meaning, request, headers: &[], postgres: Outcome::Text(text), sqlite }
}

/// What asks by a header.
const fn with(
    syntax: &'static str,
    meaning: &'static str,
    request: &'static str,
    headers: &'static [(&'static str, &'static str)],
    outcome: Outcome,
) -> Case {
    Case { syntax, meaning, request, headers, postgres: outcome, sqlite: outcome }
}

const NO_SEARCH: Outcome = Outcome::Refused { code: "0A000", why: "no: has no full-text search" };

/// A search for words, which only PostgreSQL can do.
const fn search(syntax: &'static str, meaning: &'static str, request: &'static str, text: &'static str) -> Case {
    Case { syntax, meaning, request, headers: &[], postgres: Outcome::Text(text), sqlite: NO_SEARCH }
}

const ONE: &str = r#"[{"id":1}]"#;
const TWO: &str = r#"[{"id":2}]"#;
const THREE: &str = r#"[{"id":3}]"#;
const FIRST_TWO: &str = r#"[{"id":1},{"id":2}]"#;
const CATS: &str = r#"[{"id":1},{"id":3}]"#;
const NONE: &str = "[]";

pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "Operators",
        cases: &[
            both("eq", "equal", "notes?select=id&text=eq.Fat cats", ONE),
            both("neq", "not equal", "notes?select=id&price=neq.1.5&order=id&limit=1", TWO),
            both("gt", "greater", "notes?select=id&at=gt.2026-02-28&order=id&limit=1", THREE),
            both("gte", "greater or equal", "notes?select=id&price=gte.2.5", TWO),
            both("lt", "less", "notes?select=id&id=lt.2", ONE),
            both("lte", "less or equal", "notes?select=id&id=lte.1", ONE),
            both("in", "one of several", "notes?select=id&id=in.(1,3)&order=id", CATS),
            both("is", "null, not_null, true, false or unknown", "notes?select=id&done=is.unknown", THREE),
            both(
                "isdistinct",
                "not equal, where null is a value",
                "notes?select=id&done=isdistinct.true&order=id&limit=1",
                TWO,
            ),
            both(
                "like",
                "a pattern, with `%` or `*` for any text and `_` for a character",
                "notes?select=id&text=like.fat*",
                TWO,
            ),
            both("ilike", "the same without regard to case", "notes?select=id&text=ilike.FAT*&order=id", FIRST_TWO),
            both("match", "a regular expression", "notes?select=id&text=match.^[tT].*s$", THREE),
            both("", "", "notes?select=id&text=match.c.t&order=id", CATS),
            both("imatch", "the same without regard to case", "notes?select=id&text=imatch.^FAT&order=id", FIRST_TWO),
            with("", "", "notes?select=id&text=match.(", &[], Outcome::Refused { code: "2201B", why: "" }),
            both("not.", "the opposite, before any operator", "notes?select=id&text=not.match.^[Ff]", THREE),
            both(
                "eq(any)",
                "any of several values; also for `neq gt gte lt lte like ilike match imatch`",
                "notes?select=id&text=match(any).{^Fat,rats$}&order=id",
                FIRST_TWO,
            ),
            both(
                "eq(all)",
                "all of several values; for the same operators",
                "notes?select=id&text=ilike(all).{*cats,fat*}",
                ONE,
            ),
            both(
                "and, or",
                "groups of conditions",
                "notes?select=id&or=(id.eq.1,and(text.match.cats,id.gt.1))&order=id",
                CATS,
            ),
        ],
    },
    Group {
        name: "JSON, arrays and ranges",
        cases: &[
            both("cs", "JSON contains JSON", r#"notes?select=id&data=cs.{"tags":["y"]}"#, ONE),
            both("", "", "notes?select=id&data=cs.[3,1]", THREE),
            both("", "", "notes?select=id&data=cs.2", THREE),
            both("", "", r#"notes?select=id&data=not.cs.{"a":1.0}&order=id&limit=1"#, TWO),
            both("cd", "JSON is contained in JSON", r#"notes?select=id&data=cd.{"a":2,"b":0,"tags":["x"]}"#, TWO),
            only("cs", "an array or range contains another", "spans?select=id&tags=cs.{a}", ONE),
            only("cd", "an array or range is contained in another", "spans?select=id&span=cd.[0,6)", ONE),
            only("ov", "they overlap", "spans?select=id&tags=ov.{c,d}", TWO),
            only("sl", "a range is left of another", "spans?select=id&span=sl.[5,6)", ONE),
            only("sr", "a range is right of another", "spans?select=id&span=sr.[8,10)", THREE),
            only("nxr", "a range does not extend to the right of another", "spans?select=id&span=nxr.[0,5)", ONE),
            only("nxl", "a range does not extend to the left of another", "spans?select=id&span=nxl.[6,10)", THREE),
            only("adj", "a range is adjacent to another", "spans?select=id&span=adj.[9,10)", TWO),
            with("", "", "notes?select=id&text=cs.{a}", &[], Outcome::Refused { code: "42883", why: "" }),
        ],
    },
    Group {
        name: "Values",
        cases: &[
            both("data->a", "a value inside JSON, as JSON", "notes?select=data->a&id=eq.1", r#"[{"a":1}]"#),
            both("data->>a", "the same as text", "notes?select=data->>a&id=eq.1", r#"[{"a":"1"}]"#),
            both(
                "data->tags->-1",
                "an element of an array, counted from 0, or from the end",
                "notes?select=last:data->tags->-1&id=eq.1",
                r#"[{"last":"y"}]"#,
            ),
            both("", "", "notes?select=id&data->a=gt.1", TWO),
            both("", "", "notes?select=id&data->>a=in.(1,3)", ONE),
            both("", "", "notes?select=id&order=data->a.desc.nullslast,id&limit=1", TWO),
            with("", "", "notes?select=text->a", &[], Outcome::Refused { code: "42883", why: "" }),
            both(
                "price::text",
                "a conversion to `text`, `smallint`, `integer`, `bigint`, `numeric`, `boolean`, `date` or `jsonb`, \
                 or their other names",
                "notes?select=price::text,at::date,a:data->a::numeric&id=eq.1",
                r#"[{"price":"1.50","at":"2026-01-01","a":"1"}]"#,
            ),
            with("", "", "notes?select=text::integer&id=eq.1", &[], Outcome::Refused { code: "22P02", why: "" }),
            with("", "", "notes?select=at::integer", &[], Outcome::Refused { code: "42846", why: "" }),
            with("", "", "notes?select=id::money", &[], Outcome::Refused { code: "PGRST100", why: "" }),
        ],
    },
    Group {
        name: "Aggregates",
        cases: &[
            both(
                "count()",
                "the number of rows; of values that are not null after a column: `done.count()`",
                "notes?select=count(),known:done.count()",
                r#"[{"count":4,"known":3}]"#,
            ),
            both(
                "price.sum(), avg()",
                "sum and average, exact",
                "notes?select=price.sum(),price.avg()",
                r#"[{"sum":"1.00","avg":"0.33333333333333333333"}]"#,
            ),
            both(
                "price.max(), min()",
                "the largest and the smallest value",
                "notes?select=price.max(),first:at.min()",
                r#"[{"max":"2.50","first":"2026-01-01T00:00:00+00:00"}]"#,
            ),
            both(
                "done,count()",
                "groups, by the values that are not aggregated",
                "notes?select=done,count()&order=done",
                r#"[{"done":false,"count":1},{"done":true,"count":2},{"done":null,"count":1}]"#,
            ),
            both(
                "data->a::numeric.sum()::text",
                "conversions before and after",
                "notes?select=data->a::numeric.sum()::text",
                r#"[{"sum":"3"}]"#,
            ),
            both("", "", "notes?select=count()&id=lt.0", r#"[{"count":0}]"#),
            with("", "", "notes?select=done,count()&order=id", &[], Outcome::Refused { code: "42803", why: "" }),
            with("", "", "notes?select=text.sum()", &[], Outcome::Refused { code: "42883", why: "" }),
        ],
    },
    Group {
        name: "Searches for words",
        cases: &[
            search("fts", "words with `&`, `|` and `!`", "notes?select=id&text=fts(english).fat%20%26%20cat", ONE),
            search("plfts", "all of these words", "notes?select=id&text=plfts(english).thin%20cat", THREE),
            search("phfts", "these words next to each other", "notes?select=id&text=phfts(english).thin%20cat", THREE),
            search("wfts", "what people type into a search box", "notes?select=id&text=wfts(english).fat%20-cat", TWO),
            search(
                "fts(english)",
                "in a language; without one, in that of the database",
                "notes?select=id&text=not.plfts(english).fat",
                THREE,
            ),
            search("", "", "notes?select=id&data=plfts(simple).x", ONE),
            Case {
                syntax: "",
                meaning: "",
                request: "spans?select=id&document=plfts(english).rats",
                headers: &[],
                postgres: Outcome::Text(TWO),
                sqlite: NO_SEARCH,
            },
            Case {
                syntax: "",
                meaning: "",
                request: "notes?select=id&text=fts(klingon).fat",
                headers: &[],
                postgres: Outcome::Refused { code: "22023", why: "" },
                sqlite: NO_SEARCH,
            },
        ],
    },
    Group {
        name: "Rows, order and pages",
        cases: &[
            both(
                "select",
                "columns, with aliases",
                "notes?select=id,price,is:done&id=eq.1",
                r#"[{"id":1,"price":"1.50","is":true}]"#,
            ),
            both(
                "order",
                "`asc`, `desc`, `nullsfirst`, `nullslast`",
                "notes?select=id&order=price.desc.nullslast,id&limit=2",
                r#"[{"id":2},{"id":1}]"#,
            ),
            both(
                "limit, offset",
                "a page; `skip` is another name of `offset`",
                "notes?select=id&order=id&limit=1&offset=1",
                TWO,
            ),
            with(
                "Range",
                "a page by a header",
                "notes?select=id&order=id",
                &[("range-unit", "items"), ("range", "1-1")],
                Outcome::Text(TWO),
            ),
            with(
                "",
                "",
                "notes?select=id&offset=9",
                &[("prefer", "count=exact")],
                Outcome::Refused { code: "PGRST103", why: "" },
            ),
        ],
    },
    Group {
        name: "Preferences",
        cases: &[
            with(
                "Prefer: count=exact",
                "how many rows there are without the page",
                "notes?select=id&limit=1",
                &[("prefer", "count=exact")],
                Outcome::Headers(&[("content-range", "0-0/4"), ("preference-applied", "count=exact")]),
            ),
            Case {
                syntax: "Prefer: count=planned",
                meaning: "how many the database expects; SQLite counts them, and says so",
                request: "notes?select=id&id=eq.1",
                headers: &[("prefer", "count=planned")],
                postgres: Outcome::Headers(&[("content-range", "0-0/1"), ("preference-applied", "count=planned")]),
                sqlite: Outcome::Headers(&[("content-range", "0-0/1"), ("preference-applied", "count=exact")]),
            },
            Case {
                syntax: "Prefer: count=estimated",
                meaning: "counted up to 10,000 expected rows, as many as are expected above; SQLite counts them, and says so",
                request: "notes?select=id&limit=1",
                headers: &[("prefer", "count=estimated")],
                postgres: Outcome::Headers(&[("content-range", "0-0/4"), ("preference-applied", "count=estimated")]),
                sqlite: Outcome::Headers(&[("content-range", "0-0/4"), ("preference-applied", "count=exact")]),
            },
            with(
                "Prefer: handling=strict",
                "unknown preferences are errors",
                "notes?select=id",
                &[("prefer", "handling=strict, hurry")],
                Outcome::Refused { code: "PGRST122", why: "yes" },
            ),
            with(
                "Prefer: numbers=string",
                "64-bit integers and decimals as strings",
                "notes?select=n:id,p:price&id=eq.1",
                &[("prefer", "numbers=string")],
                Outcome::Text(r#"[{"n":"1","p":"1.50"}]"#),
            ),
            with(
                "Prefer: timezone=America/Los_Angeles",
                "times with the offset of a zone of the IANA database instead of UTC's",
                "notes?select=at&id=eq.1",
                &[("prefer", "timezone=America/Los_Angeles")],
                Outcome::Text(r#"[{"at":"2025-12-31T16:00:00-08:00"}]"#),
            ),
            with(
                "",
                "",
                "notes?select=at",
                &[("prefer", "handling=strict, timezone=Mars/Olympus")],
                Outcome::Refused { code: "PGRST122", why: "" },
            ),
        ],
    },
    Group {
        name: "Media types",
        cases: &[
            with(
                "application/json",
                "an array of objects",
                "notes?select=id&id=eq.1",
                &[("accept", "application/json")],
                Outcome::Text(ONE),
            ),
            with(
                "application/vnd.pgrst.object+json",
                "one object; none or several are an error",
                "notes?select=id&id=eq.1",
                &[("accept", "application/vnd.pgrst.object+json")],
                Outcome::Text(r#"{"id":1}"#),
            ),
            with(
                "",
                "",
                "notes?select=id",
                &[("accept", "application/vnd.pgrst.object+json")],
                Outcome::Refused { code: "PGRST116", why: "" },
            ),
            with(
                "application/vnd.pgrst.array+json;nulls=stripped",
                "without members that are null",
                "notes?select=id,text,data&id=gte.3&order=id",
                &[("accept", "application/vnd.pgrst.array+json;nulls=stripped")],
                Outcome::Text(r#"[{"id":3,"text":"thin, cats","data":[1,2,3]},{"id":4}]"#),
            ),
            with(
                "application/vnd.pgrst.object+json;nulls=stripped",
                "the same for one object",
                "notes?select=id,text&id=eq.4",
                &[("accept", "application/vnd.pgrst.object+json;nulls=stripped")],
                Outcome::Text(r#"{"id":4}"#),
            ),
            with(
                "text/csv",
                "a line of names, and a line for each row; what is nested is JSON",
                "notes?select=id,text,done,price&id=gte.3&order=id",
                &[("accept", "text/csv")],
                Outcome::Text("id,text,done,price\r\n3,\"thin, cats\",,\r\n4,,true,-3.00\r\n"),
            ),
            with("", "", "notes?select=id,a:text&id=eq.9", &[("accept", "text/csv")], Outcome::Text("id,a\r\n")),
            with(
                "application/vnd.pgrst.plan+json",
                "the execution plan of a read as JSON, with `serve --plans`",
                "notes?select=id",
                &[("accept", "application/vnd.pgrst.plan+json; for=\"text/csv\"")],
                Outcome::Headers(&[(
                    "content-type",
                    "application/vnd.pgrst.plan+json; for=\"text/csv\"; charset=utf-8",
                )]),
            ),
            with(
                "application/vnd.pgrst.plan+text",
                "the same as lines for people",
                "notes?select=id",
                &[("accept", "application/vnd.pgrst.plan+text")],
                Outcome::Headers(&[(
                    "content-type",
                    "application/vnd.pgrst.plan+text; for=\"application/json\"; charset=utf-8",
                )]),
            ),
            Case {
                syntax: "…;options=analyze|verbose|settings|buffers|wal",
                meaning: "more about a plan; `analyze` runs the read, and `wal` needs it",
                request: "notes?select=id",
                headers: &[("accept", "application/vnd.pgrst.plan+json; options=analyze|verbose|settings|buffers|wal")],
                postgres: Outcome::Headers(&[(
                    "content-type",
                    "application/vnd.pgrst.plan+json; for=\"application/json\"; \
                     options=analyze|verbose|settings|buffers|wal; charset=utf-8",
                )]),
                sqlite: Outcome::Refused { code: "0A000", why: "no: has plans without options only" },
            },
            with("", "", "notes?select=id", &[("accept", "image/png")], Outcome::Refused { code: "PGRST107", why: "" }),
            with(
                "",
                "",
                "notes?select=id&id=eq.9",
                &[("accept", "application/vnd.pgrst.array+json;nulls=stripped")],
                Outcome::Text(NONE),
            ),
        ],
    },
];
