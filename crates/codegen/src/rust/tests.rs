//! Tests generated Rust code without a database.

use super::*;

#[test]
fn a_comment_is_documentation_if_it_is_read_again_as_it_is() {
    assert_eq!(documentation("One.\n\nTwo.", "").as_deref(), Some("/// One.\n///\n/// Two.\n"));
    let long = "word ".repeat(60).trim_end().to_owned();
    assert_eq!(documentation(&long, "    ").unwrap().lines().count(), 3);
    for kept in ["", "two  spaces", "a line\nand another", " around ", "a\n\n\n\nb", "a \u{202e}b", "a\u{1b}b", "a\rb"]
    {
        assert_eq!(documentation(kept, ""), None, "{kept:?}");
    }
}

#[test]
fn names_end_no_comment() {
    use mwallet_schema::{Column, ColumnType, EnumLabel, EnumType};
    let odd = "a\npub fn forged() {}\r\u{2028}\u{202e}\u{1b}";
    let mut table = Table::new(odd);
    let state = EnumType { name: odd.into(), labels: vec![EnumLabel::new(odd, 0)] };
    table.columns.push(Column::new(odd, ColumnType::Enum(state.into())));
    table.comment = Some(odd.into());
    table.columns[0].comment = Some(odd.into());
    let texts = module(&[&table]).into_iter().map(|file| file.text).chain([file(&[&table])]);
    for text in texts {
        assert!(!text.lines().any(|line| line.starts_with("pub fn forged")), "{text}");
        assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text:?}");
    }
}

#[test]
fn one_file_holds_what_the_module_holds() {
    use mwallet_schema::{Column, ColumnDefault, ColumnType, EnumLabel, EnumType};
    let label = |(code, name): (i64, &str)| EnumLabel::new(name, code);
    let state = EnumType { name: "state".into(), labels: [(0, "OPEN"), (-1, "half done")].map(label).to_vec() };
    let mut orders = Table::new("orders");
    orders.comment = Some("What is asked for.".into());
    orders.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    orders.columns.push(Column::new("state", ColumnType::Enum(state.into())));
    orders.columns.push(Column::new("at", ColumnType::Timestamp).nullable());
    orders.primary_key.push("id".into());
    orders.add_index(&["at"]);
    let expected = "\
/// What is asked for.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Order {
    #[entity(identity)]
    pub id: Auto<i64>,
    pub state: State,
    #[entity(index)]
    pub at: Option<Timestamp>,
}
";
    let labels = "\
/// The labels of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
pub enum State {
    Open,
    #[enumeration(label = \"half done\")]
    HalfDone = -1,
}
";
    let one = file(&[&orders]);
    assert!(one.contains(expected), "{one}");
    assert!(one.contains(labels), "{one}");
    assert!(
        one.contains("use mwallet_db::schema::{Table, Timestamp};\nuse mwallet_db::{Auto, Entity, Enumeration};\n")
    );
    assert!(one.ends_with("pub fn tables() -> Vec<&'static Table> {\n    vec![Order::table()]\n}\n"), "{one}");

    let files = module(&[&orders]);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["mod.rs", "order.rs", "enums.rs"]);
    assert!(files[1].text.ends_with(expected));
    assert!(files[1].text.contains("use super::State;\n"));
    assert!(files[2].text.ends_with(labels));
}
