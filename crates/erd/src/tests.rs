//! Tests whole diagrams, for hand-written and random schemas.

use std::collections::BTreeSet;

use super::layout::{Layout, Point, Rect};
use super::model::{self, Model};
use super::svg::place;
use super::{html, mermaid, svg};
use mwallet_schema::{Column, ColumnType, ReferentialAction, Table, TableKind};

/// Returns a table with columns `name:fk-table` or `name`, the first `keys` of which are the primary key.
fn table(name: &str, keys: usize, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    for column in columns {
        let (column, reference) = column.split_once(':').unwrap_or((column, ""));
        let kind = if column.ends_with("_id") { ColumnType::Integer } else { ColumnType::Text { max: Some(160) } };
        table.columns.push(Column::new(column, kind));
        if !reference.is_empty() {
            table.add_foreign_key(&[column], reference, &[&format!("{reference}_id")], ReferentialAction::NoAction);
        }
    }
    table.primary_key = table.columns[..keys].iter().map(|column| column.name.clone()).collect();
    table
}

/// Returns tables in the shape of the Chinook sample database.
fn chinook() -> Vec<Table> {
    let mut employee = table(
        "employee",
        1,
        &[
            "employee_id",
            "last_name",
            "first_name",
            "title",
            "reports_to:employee",
            "birth_date",
            "hire_date",
            "address",
        ],
    );
    employee.columns[4] = Column::new("reports_to", ColumnType::Integer).nullable();
    let mut customer = table(
        "customer",
        1,
        &["customer_id", "first_name", "last_name", "company", "address", "email", "support_rep_id:employee"],
    );
    customer.columns[6] = customer.columns[6].clone().nullable();
    let mut track = table(
        "track",
        1,
        &["track_id", "name", "album_id:album", "media_type_id:media_type", "genre_id:genre", "composer", "bytes"],
    );
    track.columns[2] = track.columns[2].clone().nullable();
    track.columns.push(Column::new("unit_price", ColumnType::Decimal { precision: 10, scale: 2 }));
    vec![
        table("album", 1, &["album_id", "title", "artist_id:artist"]),
        table("artist", 1, &["artist_id", "name"]),
        customer,
        employee,
        table("genre", 1, &["genre_id", "name"]),
        table("invoice", 1, &["invoice_id", "customer_id:customer", "invoice_date", "billing_address", "total"]),
        table(
            "invoice_line",
            1,
            &["invoice_line_id", "invoice_id:invoice", "track_id:track", "unit_price", "quantity"],
        ),
        table("media_type", 1, &["media_type_id", "name"]),
        table("playlist", 1, &["playlist_id", "name"]),
        table("playlist_track", 2, &["playlist_id:playlist", "track_id:track"]),
        track,
    ]
}

/// A deterministic random number generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Returns random tables with references: circular, to themselves, repeated, with one column and with two.
fn random(seed: u64, tables: usize, keys: usize) -> Vec<Table> {
    let mut dice = Dice(seed);
    let mut made: Vec<Table> = (0..tables)
        .map(|number| {
            let names: Vec<String> =
                (0..2 + dice.below(12)).map(|n| format!("c{n}_{}", "x".repeat(dice.below(30)))).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            table(&format!("t{number}"), 1 + dice.below(2), &names)
        })
        .collect();
    for _ in 0..keys {
        // Some tables are referenced far more often than others.
        let limit = if dice.below(2) == 0 { 4.min(tables) } else { tables };
        let (from, to) = (dice.below(tables), dice.below(limit));
        let count = 1 + usize::from(dice.below(5) == 0);
        let pick = |dice: &mut Dice, table: &Table| {
            let first = dice.below(table.columns.len() - count + 1);
            table.columns[first..first + count].iter().map(|column| column.name.clone()).collect::<Vec<_>>()
        };
        let (own, other) = (pick(&mut dice, &made[from]), pick(&mut dice, &made[to]));
        if dice.below(3) == 0 {
            let column = made[from].position(&own[0]).unwrap();
            made[from].columns[column].nullable = true;
        }
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let other: Vec<&str> = other.iter().map(String::as_str).collect();
        made[from].add_foreign_key(&own, &format!("t{to}"), &other, ReferentialAction::Cascade);
    }
    made
}

fn refs(tables: &[Table]) -> Vec<&Table> {
    tables.iter().collect()
}

/// Returns whether a horizontal or vertical segment runs through the inside of a box.
fn runs_through(ends: &[Point], place: &Rect) -> bool {
    let (left, right) = (ends[0].x.min(ends[1].x), ends[0].x.max(ends[1].x));
    let (top, bottom) = (ends[0].y.min(ends[1].y), ends[0].y.max(ends[1].y));
    right > place.x && left < place.x + place.width && bottom > place.y && top < place.y + place.height
}

/// Returns whether a point is on the left or right side of a row, or of the header.
fn is_at(point: Point, place: &Rect, row: Option<usize>) -> bool {
    let (top, height) = model::band(row);
    let is_at_side = point.x == place.x || point.x == place.x + place.width;
    is_at_side && place.y + top < point.y && point.y < place.y + top + height
}

/// Checks the invariants of a layout.
fn check(tables: &[Table]) -> Layout {
    let model = Model::new(&refs(tables));
    let layout = place(&model);
    assert_eq!((layout.boxes.len(), layout.lines.len()), (model.entities.len(), model.relations.len()));
    let bounds = Rect { x: 0.0, y: 0.0, width: layout.width, height: layout.height };
    let is_inside = |x: f64, y: f64| x >= bounds.x && y >= bounds.y && x <= bounds.width && y <= bounds.height;
    for (index, place) in layout.boxes.iter().enumerate() {
        let entity = &model.entities[index];
        assert!(place.width >= entity.width && place.height == entity.height, "{}", entity.name);
        assert!(is_inside(place.x, place.y) && is_inside(place.x + place.width, place.y + place.height));
        for other in &layout.boxes[index + 1..] {
            let is_beside = place.x + place.width <= other.x || other.x + other.width <= place.x;
            let is_apart = place.y + place.height <= other.y || other.y + other.height <= place.y;
            assert!(is_beside || is_apart, "{place:?} and {other:?} overlap");
        }
    }
    for (relation, line) in model.relations.iter().zip(&layout.lines) {
        assert!(line.len() >= 2, "{}", relation.key.name);
        assert!(is_at(line[0], &layout.boxes[relation.from], relation.from_rows[0]), "{line:?}");
        assert!(is_at(*line.last().unwrap(), &layout.boxes[relation.to], relation.to_rows[0]), "{line:?}");
        for ends in line.windows(2) {
            assert!(ends[0].x == ends[1].x || ends[0].y == ends[1].y, "{ends:?} is askew");
            assert!(is_inside(ends[0].x, ends[0].y) && is_inside(ends[1].x, ends[1].y), "{ends:?} is outside");
            for (place, entity) in layout.boxes.iter().zip(&model.entities) {
                assert!(!runs_through(ends, place), "{} runs through {}: {ends:?}", relation.key.name, entity.name);
            }
        }
    }
    layout
}

/// Returns the number of pairs of lines to different rows that overlap somewhere.
fn overlaps(tables: &[Table]) -> usize {
    let model = Model::new(&refs(tables));
    let layout = place(&model);
    let stretches = |index: usize| layout.lines[index].windows(2).map(|ends| (ends[0], ends[1]));
    let share = |a: (f64, f64), b: (f64, f64)| a.0.max(a.1).min(b.0.max(b.1)) - a.0.min(a.1).max(b.0.min(b.1)) > 1.0;
    let mut count = 0;
    for a in 0..layout.lines.len() {
        for b in a + 1..layout.lines.len() {
            let (one, other) = (&model.relations[a], &model.relations[b]);
            let is_one_net = (one.to, one.to_rows[0], one.optional) == (other.to, other.to_rows[0], other.optional);
            let is_shared = stretches(a).any(|(p, q)| {
                stretches(b).any(|(r, s)| {
                    let is_level = p.y == q.y && r.y == s.y && (p.y - r.y).abs() < 1.0 && share((p.x, q.x), (r.x, s.x));
                    let is_upright =
                        p.x == q.x && r.x == s.x && (p.x - r.x).abs() < 1.0 && share((p.y, q.y), (r.y, s.y));
                    is_level || is_upright
                })
            });
            count += usize::from(is_shared && !is_one_net);
        }
    }
    count
}

#[test]
fn no_line_of_chinook_runs_through_a_box() {
    let layout = check(&chinook());
    assert!(layout.lines.len() == 11 && layout.width < 2200.0 && layout.height < 1400.0, "{layout:?}");
    assert_eq!(overlaps(&chinook()), 0);
}

#[test]
fn no_line_of_random_schemas_runs_through_a_box() {
    for seed in 0..12 {
        check(&random(seed, 50, 80));
        check(&random(seed, 12, 40));
        check(&random(seed, 3, 20));
    }
}

#[test]
fn lines_to_different_rows_do_not_run_in_one_another() {
    for seed in 0..4 {
        assert_eq!(overlaps(&random(seed, 50, 80)), 0, "seed {seed}");
        assert_eq!(overlaps(&random(seed, 12, 40)), 0, "seed {seed}");
    }
}

#[test]
fn a_table_refers_to_itself() {
    let layout = check(&[table("node", 1, &["node_id", "parent:node", "twin:node"])]);
    assert!(layout.lines.iter().all(|line| line.len() == 4), "{layout:?}");
}

#[test]
fn tables_refer_to_each_other_in_a_circle() {
    check(&[table("a", 1, &["a_id", "b:b"]), table("b", 1, &["b_id", "c:c"]), table("c", 1, &["c_id", "a:a"])]);
    check(&[table("a", 1, &["a_id", "b:b"]), table("b", 1, &["b_id", "a:a", "again:a", "b:b"])]);
}

#[test]
fn many_tables_refer_to_one() {
    let mut tables = vec![table("hub", 1, &["hub_id"])];
    tables.extend((0..40).map(|number| table(&format!("leaf{number}"), 1, &["leaf_id", "hub:hub"])));
    let layout = check(&tables);
    assert!(layout.width < layout.height * 4.0 && layout.height < layout.width * 2.0, "{layout:?}");
}

#[test]
fn tables_without_references_fill_a_grid() {
    let tables: Vec<Table> = (0..30).map(|number| table(&format!("t{number}"), 1, &["t_id", "name"])).collect();
    let layout = check(&tables);
    let columns: BTreeSet<u64> = layout.boxes.iter().map(|place| place.x.to_bits()).collect();
    assert!((3..=10).contains(&columns.len()), "{}", columns.len());
}

#[test]
fn the_texts_of_a_row_have_room() {
    let mut wide = table("表".repeat(60).as_str(), 1, &["标识".repeat(40).as_str(), "W".repeat(63).as_str(), "a"]);
    wide.kind = TableKind::MaterializedView;
    wide.add_unique(&["a"]);
    for tables in [vec![wide], chinook(), random(3, 50, 80)] {
        let model = Model::new(&refs(&tables));
        for (entity, place) in model.entities.iter().zip(place(&model).boxes) {
            let room = place.width - 2.0 * model::PADDING;
            let kind = entity.kind.map_or(0.0, |kind| model::KIND_FONT.width(kind) + 8.0);
            assert!(entity.title.width + kind <= room, "{}", entity.name);
            for row in &entity.rows {
                let before = entity.marks as f64 * model::MARK + model::DOT;
                assert!(row.marks.len() <= entity.marks);
                assert!(before + row.name.width + 8.0 + row.kind.width <= room, "{row:?}");
            }
            assert!(entity.width < 700.0, "{} is too wide", entity.name);
        }
    }
}

#[test]
fn names_are_escaped() {
    let evil = "</script><script>alert(\"1\")</script>&amp;'{drawing}\u{0}\u{1b}";
    let mut one = table(evil, 1, &["x\" onload=\"alert(1)", "]]>"]);
    one.comment = Some("<!-- --> <b>".into());
    one.schema = Some("\"<s>".into());
    let mut other = table("t", 1, &["t_id", "e"]);
    other.add_foreign_key(&["e"], evil, &["]]>"], ReferentialAction::NoAction);
    other.foreign_keys[0].references_schema = Some("\"<s>".into());
    for text in [svg::document(&[&one, &other]), html::page(&[&one, &other])] {
        for raw in ["<script>alert", "\" onload", "]]>", "<!-- -->", "<b>", "<s>", "\u{0}", "\u{1b}"] {
            assert!(!text.contains(raw), "{raw:?}");
        }
        assert!(text.contains("&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#x27;"));
        assert!(text.contains("erd-line erd-c0"));
    }
    assert_eq!(html::page(&[&one]).matches("<script>").count(), 1);
    let text = mermaid::diagram(&[&one, &other]);
    assert!(
        !text.contains('\u{0}') && !text.contains('<') && text.lines().all(|line| line.matches('"').count() % 2 == 0)
    );
}

#[test]
fn the_same_tables_give_the_same_text() {
    for tables in [chinook(), random(7, 50, 80)] {
        let tables = refs(&tables);
        assert_eq!(html::page(&tables), html::page(&tables));
        assert_eq!(svg::document(&tables), svg::document(&tables));
        assert_eq!(mermaid::diagram(&tables), mermaid::diagram(&tables));
    }
}

#[test]
fn nothing_is_drawn_of_no_tables() {
    assert!(svg::document(&[]).contains("No tables"));
    assert!(html::page(&[]).contains("No tables"));
    assert_eq!(mermaid::diagram(&[]), "erDiagram\n");
}

#[test]
fn ends_say_how_many_rows_there_may_be() {
    let mut tables =
        vec![table("person", 1, &["person_id"]), table("passport", 1, &["person_id:person", "old:passport"])];
    tables[1].columns[1].nullable = true;
    let text = mermaid::diagram(&refs(&tables));
    assert!(text.contains("\"passport\" |o--|| \"person\" : \"passport_person_id_fkey\""), "{text}");
    assert!(text.contains("\"passport\" }o--o| \"passport\" : \"passport_old_fkey\""), "{text}");
    assert!(text.contains("integer person_id PK, FK \"not null\""), "{text}");
}

#[test]
fn a_composite_key_is_one_line_that_joins_its_rows() {
    let mut tables =
        vec![table("part", 2, &["tenant_id", "part_id"]), table("use", 1, &["use_id", "tenant_id", "part_id"])];
    tables[1].add_foreign_key(
        &["tenant_id", "part_id"],
        "part",
        &["tenant_id", "part_id"],
        ReferentialAction::NoAction,
    );
    check(&tables);
    let text = svg::document(&refs(&tables));
    assert_eq!((text.matches("erd-line ").count(), text.matches("erd-wire erd-joint").count()), (1, 2));
}

#[test]
fn schemas_are_named_where_there_are_several() {
    let mut tables = vec![table("a", 1, &["a_id"]), table("a", 1, &["a_id", "b:a"])];
    tables[0].schema = Some("sales".into());
    tables[1].foreign_keys[0].references_schema = Some("sales".into());
    assert_eq!(check(&tables).lines.len(), 1);
    assert!(svg::document(&refs(&tables)).contains(">sales.a</text>"));
    assert!(svg::document(&[&tables[0]]).contains(">a</text>"));
}

#[test]
fn what_is_not_there_is_not_drawn() {
    let mut bare = Table::new("bare");
    bare.kind = TableKind::View;
    let mut lost = table("lost", 1, &["lost_id", "x:nowhere"]);
    lost.add_foreign_key(&["missing"], "bare", &["missing"], ReferentialAction::NoAction);
    lost.add_foreign_key(&[], "bare", &[], ReferentialAction::NoAction);
    let tables = [bare, lost];
    assert_eq!(check(&tables).lines.len(), 2);
    assert!(svg::document(&refs(&tables)).contains(">view</text>"));
}
