//! Rows of related tables, in the same answer: every kind of relationship, of tables and views.

use mwallet_api::Limits;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{behind, get, reflected, reflected_within, send, write};

/// A library: authors (of whom one is another's teacher) with books, what is known of each book apart, readers who
/// borrow books, and a view.
const LIBRARY: &str = "
    CREATE TABLE authors (id integer PRIMARY KEY, name text NOT NULL, teacher_id integer REFERENCES authors (id));
    CREATE TABLE books (
        id integer PRIMARY KEY, title text NOT NULL, author_id integer REFERENCES authors (id),
        editor_id integer REFERENCES authors (id), price numeric(9,2)
    );
    CREATE TABLE covers (book_id integer PRIMARY KEY REFERENCES books (id), colour text);
    CREATE TABLE readers (country text, number integer, name text, PRIMARY KEY (country, number));
    CREATE TABLE loans (
        book_id integer REFERENCES books (id), country text, number integer, days integer,
        PRIMARY KEY (book_id, country, number),
        CONSTRAINT loans_reader_fkey FOREIGN KEY (country, number) REFERENCES readers (country, number)
    );
    CREATE TABLE likes (reader integer, liked integer, PRIMARY KEY (reader, liked),
        CONSTRAINT likes_from FOREIGN KEY (reader) REFERENCES authors (id),
        CONSTRAINT likes_to FOREIGN KEY (liked) REFERENCES authors (id));
    INSERT INTO authors VALUES (1, 'Ada', NULL), (2, 'Ben', 1), (3, 'Cid', 1);
    INSERT INTO books VALUES (1, 'Red', 1, 2, 12.25), (2, 'Blue', 1, NULL, 3.75), (3, 'Gre\"en', 2, 1, NULL),
        (4, 'Grey', NULL, NULL, 7.25);
    INSERT INTO covers VALUES (1, 'red'), (3, NULL);
    INSERT INTO readers VALUES ('de', 1, 'Dora'), ('fr', 1, 'Emile');
    INSERT INTO loans VALUES (1, 'de', 1, 5), (1, 'fr', 1, 7), (2, 'fr', 1, 9);
    INSERT INTO likes VALUES (1, 2), (1, 3), (2, 3);
    CREATE VIEW cheap AS SELECT id AS book, title, author_id FROM books WHERE price < 10;";

async fn library(db: &TestDb) -> mwallet_api::App {
    behind(db, LIBRARY).await;
    reflected(db).await
}

#[both_engines]
async fn rows_come_with_those_that_they_are_related_to(db: TestDb) {
    let app = library(&db).await;
    for (request, rows) in [
        // Every kind.
        (
            "books?select=title,authors!books_author_id_fkey(name)&order=id&limit=4",
            json!([
                {"title": "Red", "authors": {"name": "Ada"}}, {"title": "Blue", "authors": {"name": "Ada"}},
                {"title": "Gre\"en", "authors": {"name": "Ben"}}, {"title": "Grey", "authors": null},
            ]),
        ),
        (
            "authors?select=name,written:books!author_id(title,price)&written.order=id.desc&order=id",
            json!([
                {"name": "Ada", "written": [{"title": "Blue", "price": 3.75}, {"title": "Red", "price": 12.25}]},
                {"name": "Ben", "written": [{"title": "Gre\"en", "price": null}]}, {"name": "Cid", "written": []},
            ]),
        ),
        (
            "books?select=id,covers(colour)&order=id&limit=3",
            json!([{"id": 1, "covers": {"colour": "red"}}, {"id": 2, "covers": null}, {"id": 3, "covers": {"colour": null}}]),
        ),
        (
            "covers?select=books(title)&order=book_id",
            json!([{"books": {"title": "Red"}}, {"books": {"title": "Gre\"en"}}]),
        ),
        (
            "books?select=readers(name)&readers.order=name.desc&order=id&limit=3",
            json!([{"readers": [{"name": "Emile"}, {"name": "Dora"}]}, {"readers": [{"name": "Emile"}]}, {"readers": []}]),
        ),
        ("readers?select=loans(days)&country=eq.de", json!([{"loans": [{"days": 5}]}])),
        // To oneself: a column is the way up, the table's name the way down.
        (
            "authors?select=name,teacher_id(name),pupils:authors(name)&pupils.order=name&order=id&limit=2",
            json!([
                {"name": "Ada", "teacher_id": null, "pupils": [{"name": "Ben"}, {"name": "Cid"}]},
                {"name": "Ben", "teacher_id": {"name": "Ada"}, "pupils": []},
            ]),
        ),
        (
            "authors?select=likes:authors!likes_from(name),liked_by:authors!likes_to(name)&id=eq.2",
            json!([{"likes": [{"name": "Cid"}], "liked_by": [{"name": "Ada"}]}]),
        ),
        // Views, on either end.
        (
            "cheap?select=title,authors(name)&order=book",
            json!([{"title": "Blue", "authors": {"name": "Ada"}}, {"title": "Grey", "authors": null}]),
        ),
        ("authors?select=name,cheap(title)&id=eq.1", json!([{"name": "Ada", "cheap": [{"title": "Blue"}]}])),
        (
            "cheap?select=title,covers(colour),readers(name)&book=eq.2",
            json!([{"title": "Blue", "covers": null, "readers": [{"name": "Emile"}]}]),
        ),
        // Deep, with a page of each.
        (
            "authors?select=name,books!author_id(title,loans(days,readers(name)))&id=eq.1&books.order=id&books.limit=1\
             &books.loans.order=days.desc&books.loans.limit=1",
            json!([{"name": "Ada", "books": [
                {"title": "Red", "loans": [{"days": 7, "readers": {"name": "Emile"}}]},
            ]}]),
        ),
        ("authors?select=books!author_id(id)&books.offset=1&books.order=id&id=eq.1", json!([{"books": [{"id": 2}]}])),
        ("books?select=id,covers(colour)&covers.limit=0&id=eq.1", json!([{"id": 1, "covers": null}])),
        // Spread.
        (
            "books?select=title,...author_id(author:name)&order=id.desc&limit=2",
            json!([{"title": "Grey", "author": null}, {"title": "Gre\"en", "author": "Ben"}]),
        ),
        (
            "books?select=id,...loans(days,...readers(name))&loans.order=days&order=id&limit=3",
            json!([
                {"id": 1, "days": [5, 7], "name": ["Dora", "Emile"]}, {"id": 2, "days": [9], "name": ["Emile"]},
                {"id": 3, "days": [], "name": []},
            ]),
        ),
        // All columns.
        (
            "covers?select=*,books(*)&book_id=eq.3",
            json!([{"book_id": 3, "colour": null, "books": {
                "id": 3, "title": "Gre\"en", "author_id": 2, "editor_id": 1, "price": null,
            }}]),
        ),
    ] {
        let answer = get(&app, &format!("/rest/v1/{request}")).await;
        assert_eq!(answer.status, 200, "{request}: {}", answer.text);
        assert_eq!(answer.json(), rows, "{request}");
    }
    // The row that a path names.
    let one = get(&app, "/rest/v1/books/2?select=title,author_id(name)").await;
    assert_eq!(one.json(), json!({"title": "Blue", "author_id": {"name": "Ada"}}));
}

#[both_engines]
async fn related_rows_are_filtered_and_filter(db: TestDb) {
    let app = library(&db).await;
    let ids = async |request: &str| -> Value {
        let answer = get(&app, &format!("/rest/v1/{request}")).await;
        assert_eq!(answer.status, 200, "{request}: {}", answer.text);
        answer.json().as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
    };
    for (request, found) in [
        ("authors?select=id,books!author_id!inner(id)&order=id", json!([1, 2])),
        ("authors?select=id,books!author_id!inner(id)&books.title=eq.Blue", json!([1])),
        ("authors?select=id,books!author_id(id)&books.title=eq.Blue&order=id", json!([1, 2, 3])),
        ("books?select=id,loans!inner(readers!inner(name))&loans.readers.name=eq.Dora", json!([1])),
        ("books?select=id,readers!inner()&readers.name=eq.Emile&order=id", json!([1, 2])),
        ("books?select=id,covers()&covers=is.null&order=id", json!([2, 4])),
        ("books?select=id,covers()&covers=not.is.null&order=id", json!([1, 3])),
        ("books?select=id,covers()&or=(covers.not.is.null,price.gt.7)&order=id", json!([1, 3, 4])),
        ("books?select=id,covers()&not.and=(covers.is.null,price.gt.7)&order=id", json!([1, 2, 3])),
        ("books?select=id,covers()&covers.colour=eq.red&covers=is.null&order=id", json!([2, 3, 4])),
        ("authors?select=id,books!author_id!inner(id)&books.or=(title.eq.Blue,price.is.null)&order=id", json!([1, 2])),
        ("authors?select=id,books!author_id!inner(id)&books.offset=1&order=id", json!([1])),
        ("authors?select=id,books!author_id!inner(id)&books.limit=0", json!([])),
        ("books?select=id,a:author_id(name)&order=a(name).desc.nullslast,id", json!([3, 1, 2, 4])),
        ("books?select=id,a:author_id(name)&order=a(name).nullsfirst,id.desc&limit=2", json!([4, 2])),
        ("books?select=id,author_id(name)&author_id=is.null", json!([4])),
    ] {
        assert_eq!(ids(request).await, found, "{request}");
    }
    let counted =
        write(&app, "GET", "/rest/v1/authors?select=id,books!author_id!inner()&limit=1&order=id", "count=exact", "")
            .await;
    assert_eq!((counted.status.as_u16(), counted.header("content-range")), (206, Some("0-0/2")));
}

#[both_engines]
async fn what_is_not_related_is_refused(db: TestDb) {
    let app = library(&db).await;
    for (request, status, code, message) in [
        ("books?select=colours(*)", 400, "PGRST200", "books has no relationship to colours"),
        ("books?select=authors!nobody(*)", 400, "PGRST200", "books has no relationship to authors"),
        ("authors?select=covers(*)", 400, "PGRST200", "authors has no relationship to covers"),
        ("books?select=authors(*)", 300, "PGRST201", "books has several relationships to authors"),
        ("books?covers.colour=eq.red", 400, "PGRST108", "covers is not among the related rows of this request"),
        ("books?order=covers(colour)", 400, "PGRST108", "covers is not among the related rows of this request"),
        (
            "authors?select=books!author_id(id)&order=books(id)",
            400,
            "PGRST118",
            "rows of authors cannot be ordered by books: each can have several of them",
        ),
        (
            "books?select=covers(*)&covers=eq.5",
            400,
            "PGRST120",
            "covers: related rows can only be tested for being there",
        ),
        ("books?select=covers(color)", 400, "42703", "covers has no column color"),
        ("books?select=covers(*)&covers.color=eq.5", 400, "42703", "covers has no column color"),
        ("books?select=covers(*)&order=covers(color)", 400, "42703", "covers has no column color"),
        (
            "books?select=id,loans(id:days,...readers(id:name))",
            400,
            "PGRST100",
            "select: two columns would be named id",
        ),
        ("books?select=*,...covers(id:colour)", 400, "PGRST100", "select: two columns would be named id"),
        (
            "authors?select=...books!author_id(...loans(days))",
            400,
            "0A000",
            "books: of several rows within several rows, only one level can be spread",
        ),
    ] {
        let (found_status, found_code, found_message, _) = get(&app, &format!("/rest/v1/{request}")).await.told();
        assert_eq!((found_status, found_code.as_str(), found_message.as_str()), (status, code, message), "{request}");
    }
    let several = get(&app, "/rest/v1/books?select=authors(*)").await.json();
    let one = |key: &str, column: &str| {
        json!({
            "cardinality": "many-to-one", "embedding": "books with authors",
            "relationship": format!("{key} using books({column}) and authors(id)"),
        })
    };
    let keys = [one("books_author_id_fkey", "author_id"), one("books_editor_id_fkey", "editor_id")];
    assert_eq!(several["details"], json!(keys));
    assert_eq!(
        several["hint"],
        "Try changing 'authors' to one of the following: 'authors!books_author_id_fkey', 'authors!books_editor_id_fkey'. \
         Find the desired relationship in the 'details' key."
    );
    let near = get(&app, "/rest/v1/books?select=cover(*)").await.json();
    assert_eq!(near["hint"], "Perhaps you meant 'covers' instead of 'cover'.");
    assert_eq!(get(&app, "/rest/v1/books?select=covers(color)").await.json()["hint"], "did you mean colour?");
}

#[both_engines]
async fn related_rows_are_limited(db: TestDb) {
    behind(&db, LIBRARY).await;
    let limits = Limits { max_rows: Some(1), max_related: 3, max_related_depth: 2, ..Limits::default() };
    let app = reflected_within(&db, limits).await;
    let of_each = get(&app, "/rest/v1/authors?select=name,cheap(title)&limit=5&cheap.limit=5&order=id").await;
    assert_eq!(of_each.json(), json!([{"name": "Ada", "cheap": [{"title": "Blue"}]}]));
    for (request, message) in [
        ("authors?select=cheap(readers(loans(days)))", "select: at most 2 levels of related tables are allowed"),
        ("books?select=covers(*),loans(*),readers(*),author_id(*)", "select: at most 3 related tables are allowed"),
    ] {
        let expected = (400, "54001".into(), message.into(), None);
        assert_eq!(get(&app, &format!("/rest/v1/{request}")).await.told(), expected, "{request}");
    }
}

#[both_engines]
async fn writes_return_related_rows(db: TestDb) {
    let app = library(&db).await;
    let returned = async |method: &str, request: &str, body: Value, prefer: &str| {
        let prefer = format!("return=representation{prefer}");
        let answer = write(&app, method, &format!("/rest/v1/{request}"), &prefer, body.to_string()).await;
        (answer.status.as_u16(), answer.json())
    };
    // A row and what it belongs to; several in the order that was asked for.
    let new = json!([{"id": 8, "title": "Mauve", "author_id": 3}, {"id": 7, "title": "Teal", "author_id": null}]);
    let rows = json!([
        {"title": "Mauve", "author_id": {"name": "Cid"}, "covers": null}, {"title": "Teal", "author_id": null, "covers": null},
    ]);
    let request = "books?select=title,author_id(name),covers(colour)&order=id.desc";
    assert_eq!(returned("POST", request, new, "").await, (201, rows));
    // The related rows are as the write leaves them, those of the same table too.
    let new = json!([{"id": 10, "name": "Dov", "teacher_id": null}, {"id": 11, "name": "Eva", "teacher_id": 10}]);
    let rows = json!([
        {"name": "Dov", "teacher_id": null, "authors": [{"name": "Eva"}]},
        {"name": "Eva", "teacher_id": {"name": "Dov"}, "authors": []},
    ]);
    assert_eq!(returned("POST", "authors?select=name,teacher_id(name),authors(name)", new, "").await, (201, rows));
    // An upsert, of a composite key.
    let loans = json!([
        {"book_id": 1, "country": "de", "number": 1, "days": 6}, {"book_id": 2, "country": "de", "number": 1, "days": 1},
    ]);
    let rows = json!([
        {"days": 6, "books": {"title": "Red"}, "readers": {"name": "Dora"}},
        {"days": 1, "books": {"title": "Blue"}, "readers": {"name": "Dora"}},
    ]);
    let request = "loans?select=days,books(title),readers(name)";
    assert_eq!(returned("POST", request, loans, ",resolution=merge-duplicates").await, (201, rows));
    // Changes, by a filter and by the path.
    let rows = json!([{"title": "Azure", "loans": [{"days": 1}, {"days": 9}]}]);
    let request = "books?title=eq.Blue&select=title,loans(days)&loans.order=days";
    assert_eq!(returned("PATCH", request, json!({"title": "Azure"}), "").await, (200, rows));
    let row = json!({"id": 2, "author_id": {"name": "Ben"}});
    let put = json!({"title": "Azure", "author_id": 2});
    assert_eq!(returned("PUT", "books/2?select=id,author_id(name)", put, "").await, (200, row));
    // A deletion returns what was there.
    let rows = json!([{"colour": "red", "books": {"title": "Red"}}]);
    let request = "covers?book_id=eq.1&select=colour,books(title)";
    assert_eq!(returned("DELETE", request, json!(null), "").await, (200, rows));
    assert_eq!(get(&app, "/rest/v1/covers?select=book_id").await.json(), json!([{"book_id": 3}]));
    // Nothing is written where something is wrong, or where it is only tried.
    let cover = json!({"book_id": 1, "colour": "blue"});
    assert_eq!(returned("POST", "covers?select=*,book(title)", cover.clone(), "").await.0, 400);
    let rows = json!([{"colour": "blue", "books": {"title": "Red"}}]);
    let request = "covers?select=colour,books(title)";
    assert_eq!(returned("POST", request, cover.clone(), ",tx=rollback").await, (201, rows));
    let path = format!("/rest/v1/{request}");
    let minimal = write(&app, "POST", &path, "return=minimal,tx=rollback", cover.to_string()).await;
    let left = get(&app, "/rest/v1/covers").await.json();
    assert_eq!((minimal.status.as_u16(), left.as_array().unwrap().len()), (201, 1));
}

#[both_engines]
async fn many_rows_with_composite_keys_are_read_back(db: TestDb) {
    let app = library(&db).await;
    let reader = |number: usize| json!({"country": "de", "number": number, "name": format!("Reader {number}")});
    // One that is there already, with a loan, and many more than one statement could name by a condition each.
    let readers: Vec<Value> = (1..=2_500).map(reader).collect();
    let prefer = "return=representation,resolution=merge-duplicates";
    let path = "/rest/v1/readers?select=number,loans(days)&order=number";
    let written = write(&app, "POST", path, prefer, json!(readers).to_string()).await;
    let rows = written.json();
    assert_eq!((written.status.as_u16(), rows.as_array().unwrap().len()), (201, 2_500), "{}", written.text);
    assert_eq!(rows[0], json!({"number": 1, "loans": [{"days": 5}]}));
    assert_eq!(rows[2_499], json!({"number": 2_500, "loans": []}));
}

/// A write of which `!inner` leaves out rows affects them all the same, and says so. Where it returns one row, it is
/// undone if that row is left out.
#[both_engines]
async fn inner_rows_do_not_hide_what_a_write_did(db: TestDb) {
    let app = library(&db).await;
    let prefer = "return=representation,count=exact,handling=strict";
    let told = async |method: &str, request: &str, body: Value, prefer: &str, accept: &str| {
        let request = axum::http::Request::builder().method(method).uri(format!("/rest/v1/{request}"));
        let request = request.header("prefer", prefer).header("accept", accept);
        let request = request.header("content-type", "application/json");
        let answer = send(&app, request.body(axum::body::Body::from(body.to_string())).unwrap()).await;
        let range = answer.header("content-range").unwrap_or_default().to_owned();
        (answer.status.as_u16(), range, answer.json())
    };
    let (json, object) = ("application/json", "application/vnd.pgrst.object+json");
    let titles = async || get(&app, "/rest/v1/books?select=title&order=id").await.json();
    // Two rows are changed, and one of them has an editor.
    let request = "books?id=in.(1,2)&select=id,editor:authors!editor_id!inner(name)";
    let changed = told("PATCH", request, json!({"title": "New"}), prefer, json).await;
    assert_eq!(changed, (200, "0-1/2".into(), json!([{"id": 1, "editor": {"name": "Ben"}}])));
    let before = titles().await;
    assert_eq!(before[1], json!({"title": "New"}));
    // What may be written is a limit on what is written.
    let limited = told("PATCH", request, json!({"title": "x"}), &format!("{prefer},max-affected=1"), json).await;
    assert_eq!((limited.0, &limited.2["code"]), (400, &json!("PGRST124")));
    let single = told("PATCH", request, json!({"title": "x"}), prefer, object).await;
    assert_eq!((single.0, &single.2["code"]), (406, &json!("PGRST116")));
    // The only row is left out.
    let request = "books?id=eq.2&select=id,editor:authors!editor_id!inner(name)";
    assert_eq!(told("PATCH", request, json!({"title": "x"}), prefer, object).await.0, 406);
    let request = "books/4?select=id,editor:authors!editor_id!inner(name)";
    assert_eq!(told("PATCH", request, json!({"title": "x"}), prefer, json).await.0, 404);
    assert_eq!(told("PUT", request, json!({"title": "x"}), prefer, json).await.0, 404);
    assert_eq!(told("DELETE", request, json!(null), prefer, json).await.0, 404);
    let put = told("PUT", "books/20?select=id,covers!inner(colour)", json!({"title": "x"}), prefer, json).await;
    assert_eq!((put.0, put.2["hint"].is_null()), (404, true));
    let new = json!({"id": 21, "title": "x"});
    assert_eq!(told("POST", "books?select=id,covers!inner(colour)", new.clone(), prefer, object).await.0, 406);
    assert_eq!(titles().await, before);
    // Rows are created and deleted, although none is returned.
    let created = told("POST", "books?select=id,covers!inner(colour)", new, prefer, json).await;
    assert_eq!(created, (201, "*/1".into(), json!([])));
    let request = "books?id=eq.21&select=id,covers!inner(colour)";
    assert_eq!(told("DELETE", request, json!(null), prefer, json).await, (200, "*/1".into(), json!([])));
    assert_eq!(titles().await, before);
}

#[both_engines]
async fn two_rows_of_one_table_are_spread(db: TestDb) {
    let app = library(&db).await;
    let spread = "...authors!books_author_id_fkey(by:name),...authors!books_editor_id_fkey(edited_by:name)";
    let found = get(&app, &format!("/rest/v1/books?select=id,{spread}&id=eq.1")).await;
    assert_eq!(found.text, r#"[{"id":1,"by":"Ada","edited_by":"Ben"}]"#);
    // Their one name means neither of them, and without a spread they need two.
    let filtered = get(&app, &format!("/rest/v1/books?select=id,{spread}&authors.name=eq.Ada")).await;
    assert_eq!((filtered.status.as_u16(), &filtered.json()["code"]), (400, &json!("PGRST108")), "{}", filtered.text);
    let embedded = spread.replace("...", "");
    let refused = get(&app, &format!("/rest/v1/books?select=id,{embedded}")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &json!("PGRST100")), "{}", refused.text);
}

#[both_engines]
async fn both_directions_of_a_key_to_the_same_table_have_names(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE members (id integer PRIMARY KEY, name text,
            successor integer UNIQUE, CONSTRAINT members_successor_fkey FOREIGN KEY (successor) REFERENCES members (id));
        INSERT INTO members VALUES (2, 'Ben', NULL), (1, 'Ada', 2);
        CREATE TABLE nodes (a integer, b integer, name text, up_a integer, up_b integer, PRIMARY KEY (a, b),
            CONSTRAINT nodes_up FOREIGN KEY (up_a, up_b) REFERENCES nodes (a, b));
        INSERT INTO nodes VALUES (1, 1, 'root', NULL, NULL), (1, 2, 'leaf', 1, 1)",
    )
    .await;
    let app = reflected(&db).await;
    for (request, expected) in [
        (
            "members?select=name,successor(name)&order=id",
            r#"[{"name":"Ada","successor":{"name":"Ben"}},{"name":"Ben","successor":null}]"#,
        ),
        (
            "members?select=name,members(name)&order=id",
            r#"[{"name":"Ada","members":null},{"name":"Ben","members":{"name":"Ada"}}]"#,
        ),
        ("members?select=name,before:members!successor(name)&id=eq.2", r#"[{"name":"Ben","before":{"name":"Ada"}}]"#),
        ("members?select=name,next:members_successor_fkey(name)&id=eq.1", r#"[{"name":"Ada","next":{"name":"Ben"}}]"#),
        (
            "nodes?select=name,nodes(name)&order=b",
            r#"[{"name":"root","nodes":[{"name":"leaf"}]},{"name":"leaf","nodes":[]}]"#,
        ),
        (
            "nodes?select=name,up:nodes_up(name)&order=b",
            r#"[{"name":"root","up":null},{"name":"leaf","up":{"name":"root"}}]"#,
        ),
    ] {
        assert_eq!(get(&app, &format!("/rest/v1/{request}")).await.text, expected, "{request}");
    }
}
