//! No line through a box, no box on another, no text cut: for tables of every shape.

use super::*;
use crate::{Action, Column, ColumnType};

/// Tables of so many columns, and references between them: from, to, whether it may be null.
fn tables(columns: &[usize], references: &[(usize, usize, bool)]) -> Vec<Table> {
    let mut tables: Vec<Table> = columns
        .iter()
        .enumerate()
        .map(|(number, columns)| {
            let mut table = Table::new(format!("table_{number}"));
            table.columns = (0..*columns).map(|at| Column::new(format!("column_{at}"), ColumnType::BigInt)).collect();
            table.primary_key = vec!["column_0".into()];
            table
        })
        .collect();
    for (from, to, nullable) in references {
        let name = format!("to_{to}_{}", tables[*from].columns.len());
        let mut column = Column::new(&name, ColumnType::BigInt);
        column.nullable = *nullable;
        tables[*from].columns.push(column);
        let parent = tables[*to].name.clone();
        tables[*from].add_foreign_key(&[&name], &parent, &["column_0"], Action::NoAction);
    }
    tables
}

fn check(tables: &[Table]) -> Picture {
    let all: Vec<&Table> = tables.iter().collect();
    let picture = arrange(&all);
    assert_eq!(picture.boxes.len(), tables.len());
    assert_eq!(picture.lines.len(), tables.iter().map(|table| table.foreign_keys.len()).sum::<usize>());
    for (at, one) in picture.boxes.iter().enumerate() {
        assert!(one.x >= 0.0 && one.y >= 0.0);
        assert!(one.x + one.width <= picture.width && one.y + one.height <= picture.height, "{}", one.title.whole);
        for other in &picture.boxes[at + 1..] {
            let beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
            let below = one.y + one.height <= other.y || other.y + other.height <= one.y;
            assert!(beside || below, "{} lies on {}", one.title.whole, other.title.whole);
        }
        for row in &one.rows {
            let needed = marks_width(one) + row.name.width + row.kind.width + 3.0 * PAD;
            assert!(needed <= one.width, "{} is cut", row.name.whole);
        }
        assert!(one.title.width + PAD <= one.width);
    }
    for line in &picture.lines {
        let (from, to) = (&picture.boxes[line.from], &picture.boxes[line.to]);
        for (end, table) in [(line.points.first(), from), (line.points.last(), to)] {
            let (x, y) = *end.unwrap();
            assert!(x == table.x || x == table.x + table.width, "{} ends beside its box", line.name);
            assert!(y > table.y && y < table.y + table.height, "{} ends beside its box", line.name);
        }
        for pair in line.points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            assert!(x0 == x1 || y0 == y1, "{} is not straight", line.name);
            let (left, right, top, bottom) = (x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1));
            assert!(left >= 0.0 && right <= picture.width && bottom <= picture.height);
            for table in &picture.boxes {
                let inside =
                    right > table.x && left < table.x + table.width && bottom > table.y && top < table.y + table.height;
                assert!(!inside, "{} runs through {}", line.name, table.title.whole);
            }
        }
    }
    picture
}

/// Numbers that look random and are the same each time.
fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap() % below
    }
}

#[test]
fn small_shapes() {
    check(&[]);
    check(&tables(&[3], &[]));
    check(&tables(&[3, 2, 9, 1], &[]));
    check(&tables(&[3], &[(0, 0, true), (0, 0, true)]));
    check(&tables(&[2, 2], &[(0, 1, false), (1, 0, true)]));
    check(&tables(&[2, 2], &[(0, 1, false), (0, 1, true), (0, 1, true)]));
    check(&tables(&[2, 3, 4, 1], &[(1, 0, false), (2, 1, false), (3, 2, true), (3, 0, true), (0, 3, true)]));
}

#[test]
fn fifty_tables_of_any_shape() {
    for seed in 1..=40 {
        let mut random = random(seed);
        let count = 2 + random(49);
        let columns: Vec<usize> = (0..count).map(|_| 1 + random(20)).collect();
        let references: Vec<_> = (0..random(81)).map(|_| (random(count), random(count), random(2) == 0)).collect();
        check(&tables(&columns, &references));
    }
}

#[test]
fn what_refers_stands_right_of_what_it_refers_to() {
    let picture = check(&tables(&[2, 2, 2], &[(1, 0, false), (2, 1, true)]));
    let [first, second, third] = picture.boxes.as_slice() else { panic!("three tables") };
    assert!(first.x < second.x && second.x < third.x);
    assert!(!picture.lines[0].is_optional && picture.lines[1].is_optional && !picture.lines[0].is_one);
}

#[test]
fn long_names_are_shortened_and_wide_letters_have_room() {
    let mut table = Table::new("n".repeat(200));
    table.columns.push(Column::new("列".repeat(60), ColumnType::Text { max: None }));
    let picture = check(&[table]);
    assert!(
        picture.boxes[0].title.shown.ends_with('…')
            && picture.boxes[0].rows[0].name.shown.chars().count() == MAX_LETTERS
    );
}

#[test]
fn the_same_tables_give_the_same_picture() {
    let tables = tables(&[3, 2, 9], &[(1, 0, true), (2, 1, true)]);
    let all: Vec<&Table> = tables.iter().collect();
    assert_eq!(super::super::html(&all), super::super::html(&all));
}

#[test]
fn names_cannot_break_out() {
    let mut table = Table::new("</svg><script>\"'&\u{1}");
    table.columns.push(Column::new("a\"b %%{x}", ColumnType::BigInt));
    let svg = super::super::svg(&[&table]);
    assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;") && !svg.contains('\u{1}'), "{svg}");
    let mermaid = super::super::mermaid(&[&table]);
    assert_eq!(mermaid, "erDiagram\n  \"</svg><script>''&_\" {\n    bigint a_b____x_ \"a'b __{x}\"\n  }\n");
}
