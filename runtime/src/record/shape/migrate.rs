//! From values of one layout to values of another: by the names of fields, and by what is known of their past.
//!
//! A migration is planned once, from the two layouts, so that what cannot be is refused before anything is read. A plan is
//! a graph of steps like the shapes are graphs of types: a record that contains itself is a step that does.

use std::collections::BTreeMap;

use super::{At, Field, InvalidLayout, Node, Scalar, Shape, Unreadable, Value, Variant};
use crate::record::{ConvertOld, Invalid, Layout, WriteDefault};

/// A way from one layout to another.
#[derive(Debug)]
pub(crate) struct Migration {
    from: Shape,
    to: Shape,
    steps: Vec<Step>,
    root: usize,
    changes: Vec<String>,
}

/// Why there is no way.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place} {what}\n  saved: {saved}\n  now:   {now}\nhelp: {help}")]
pub(crate) struct Refusal {
    place: String,
    what: &'static str,
    saved: String,
    now: String,
    help: &'static str,
}

/// Why there is no migration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoMigration {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Layout(#[from] InvalidLayout),
}

/// Why an entry cannot be migrated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMigrated {
    #[error(transparent)]
    Read(#[from] Unreadable),
    #[error(transparent)]
    Convert(#[from] Invalid),
    #[error("an entry that is larger than 1 GiB")]
    Large,
}

/// What becomes of a value.
#[derive(Clone, Debug)]
enum Step {
    /// To be planned: a record inside itself.
    Open,
    Same,
    /// An unsigned number becomes a signed one.
    Signed,
    /// A float becomes a wider one.
    Float,
    /// The value itself becomes an option that is there.
    Some(usize),
    Option(usize),
    Each(usize),
    Values(usize),
    Parts(Vec<usize>),
    Fields(Vec<Origin>),
    /// By variant of before: the variant of now, and its fields.
    Variants(Vec<(usize, Vec<Origin>)>),
    /// By the user's own function, from the type of before to that of now.
    Convert(At, At, ConvertOld),
}

/// Where a field comes from.
#[derive(Clone, Debug)]
enum Origin {
    /// A field of before, and what becomes of it.
    Field(usize, usize),
    Default(Value),
}

impl Migration {
    /// Finds the way from a layout that was saved to one of now.
    ///
    /// # Errors
    /// If there is none, with what is in the way; or if what was saved is no layout.
    pub(crate) fn plan(saved: &str, now: &Layout) -> Result<Migration, NoMigration> {
        let (from, to) = (Shape::parse(saved)?, Shape::parse(now.as_str())?);
        let (steps, changes) = (Vec::new(), Vec::new());
        let mut planner =
            Planner { from: &from, to: &to, layout: now, known: BTreeMap::new(), steps, changes };
        let root = planner.plan(from.root, to.root, "the entry")?;
        let (steps, changes) = (planner.steps, planner.changes);
        Ok(Migration { from, to, steps, root, changes })
    }

    /// What is changed, in words.
    pub(crate) fn changes(&self) -> &[String] {
        &self.changes
    }

    /// The layout that is read.
    pub(crate) fn from(&self) -> &Shape {
        &self.from
    }

    /// Reads the archive of an entry, and writes the migrated one into `out`, which is emptied; returns where it begins.
    ///
    /// # Errors
    /// If it cannot be read, or does not become an entry.
    pub(crate) fn migrate(
        &self,
        bytes: &[u8],
        offset: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, NotMigrated> {
        let value = self.apply(self.root, self.from.read(bytes, offset)?)?;
        out.clear();
        self.to.write(&value, out).ok_or(NotMigrated::Large)
    }

    fn apply(&self, step: usize, value: Value) -> Result<Value, NotMigrated> {
        Ok(match (&self.steps[step], value) {
            (Step::Same, value) => value,
            (Step::Signed, Value::Unsigned(number)) => Value::Signed(number.cast_signed()),
            (Step::Float, Value::F32(bits)) => {
                Value::F64(f64::from(f32::from_bits(bits)).to_bits())
            }
            (Step::Some(step), value) => Value::Option(Some(Box::new(self.apply(*step, value)?))),
            (Step::Option(_), Value::Option(None)) => Value::Option(None),
            (Step::Option(step), Value::Option(Some(value))) => {
                Value::Option(Some(Box::new(self.apply(*step, *value)?)))
            }
            (Step::Each(step), Value::Parts(parts)) => {
                let parts = parts.into_iter().map(|part| self.apply(*step, part));
                Value::Parts(parts.collect::<Result<_, _>>()?)
            }
            (Step::Values(step), Value::Entries(entries)) => {
                let entries =
                    entries.into_iter().map(|(key, value)| Ok((key, self.apply(*step, value)?)));
                Value::Entries(entries.collect::<Result<_, NotMigrated>>()?)
            }
            (Step::Parts(steps), Value::Parts(parts)) => {
                let parts = steps.iter().zip(parts).map(|(step, part)| self.apply(*step, part));
                Value::Parts(parts.collect::<Result<_, _>>()?)
            }
            (Step::Fields(origins), Value::Parts(fields)) => {
                Value::Parts(self.fields(origins, fields)?)
            }
            (Step::Variants(variants), Value::Variant(tag, fields)) => {
                let (tag, origins) = &variants[tag];
                Value::Variant(*tag, self.fields(origins, fields)?)
            }
            (Step::Convert(from, to, convert), value) => {
                let mut bytes = Vec::new();
                let at = self.from.write_as(*from, &value, &mut bytes).ok_or(NotMigrated::Large)?;
                let (bytes, at) = convert(&bytes, at)?;
                self.to.read_as(*to, &bytes, at as usize)?
            }
            (step, value) => unreachable!("{step:?} of {value:?}"),
        })
    }

    fn fields(&self, origins: &[Origin], before: Vec<Value>) -> Result<Vec<Value>, NotMigrated> {
        let mut before: Vec<_> = before.into_iter().map(Some).collect();
        let field = |origin: &Origin| match origin {
            Origin::Field(index, step) => {
                let value = before[*index].take().expect("a field of before becomes one of now");
                self.apply(*step, value)
            }
            Origin::Default(value) => Ok(value.clone()),
        };
        origins.iter().map(field).collect()
    }
}

struct Planner<'p> {
    from: &'p Shape,
    to: &'p Shape,
    layout: &'p Layout,
    known: BTreeMap<(At, At), usize>,
    steps: Vec<Step>,
    changes: Vec<String>,
}

type Planned<T> = Result<T, NoMigration>;

const BY_HAND: &str =
    "keep the field as it was and add another, or write `#[migrate(from = Old)]` on the record";

const IS_NEW: &str = "say what it is where it is missing: `#[default]` or `#[default = ..]`; or what it was called: `#[was(\"..\")]`";

impl Planner<'_> {
    fn plan(&mut self, from: At, to: At, place: &str) -> Planned<usize> {
        if let Some(known) = self.known.get(&(from, to)) {
            return Ok(*known);
        }
        let number = self.steps.len();
        self.steps.push(Step::Open);
        self.known.insert((from, to), number);
        self.steps[number] = self.step(from, to, place)?;
        Ok(number)
    }

    fn step(&mut self, from: At, to: At, place: &str) -> Planned<Step> {
        if same(self.from, from, self.to, to, &mut Vec::new()) {
            return Ok(Step::Same);
        }
        let refuse = |what, help| self.refuse(from, to, place, what, help);
        Ok(match (self.from.node(from).clone(), self.to.node(to).clone()) {
            (Node::Scalar(from), Node::Scalar(to)) => match widened(from, to) {
                Some(step) => self.widen(step, place, from, to),
                None => return Err(refuse("is of another type", BY_HAND)),
            },
            (Node::Box(from), _) => return self.step(from, to, place),
            (_, Node::Box(to)) => return self.step(from, to, place),
            (Node::Option(from), Node::Option(to)) => Step::Option(self.plan(from, to, place)?),
            (_, Node::Option(inner)) => {
                let step = self.plan(from, inner, place)?;
                self.note(format!("{place} is an option"));
                Step::Some(step)
            }
            (Node::Reverse(from), Node::Reverse(to)) => return self.step(from, to, place),
            (Node::List(_, false, from), Node::List(_, false, to)) => {
                Step::Each(self.plan(from, to, place)?)
            }
            (Node::List(first, true, _), Node::List(second, true, _)) if first == second => {
                return Err(refuse("is a set of other elements", BY_HAND));
            }
            (Node::Array(len, from), Node::Array(as_long, to)) if len == as_long => {
                Step::Each(self.plan(from, to, place)?)
            }
            (Node::Map(first, from_key, from), Node::Map(second, to_key, to))
                if first == second =>
            {
                if !same(self.from, from_key, self.to, to_key, &mut Vec::new()) {
                    return Err(refuse("is a map with other keys", BY_HAND));
                }
                Step::Values(self.plan(from, to, place)?)
            }
            (Node::Tuple(from), Node::Tuple(to)) if from.len() == to.len() => {
                let steps = from.into_iter().zip(to).map(|(from, to)| self.plan(from, to, place));
                Step::Parts(steps.collect::<Planned<_>>()?)
            }
            (Node::Record { fields: before, .. }, Node::Record { name, fields }) => {
                if let Some(step) = self.by_ancestor(from, to, &name) {
                    return Ok(step);
                }
                Step::Fields(self.origins((from, &before), (to, &fields), &name)?)
            }
            (Node::Enum { variants: before, .. }, Node::Enum { name, variants }) => {
                if let Some(step) = self.by_ancestor(from, to, &name) {
                    return Ok(step);
                }
                self.variants((from, &before), (to, &variants), &name)?
            }
            (
                Node::Record { .. } | Node::Enum { .. },
                Node::Record { name, .. } | Node::Enum { name, .. },
            ) => match self.by_ancestor(from, to, &name) {
                Some(step) => step,
                None => return Err(self.refuse(from, to, place, "is of another type", BY_HAND)),
            },
            _ => return Err(refuse("is of another type", BY_HAND)),
        })
    }

    fn widen(&mut self, step: Step, place: &str, from: Scalar, to: Scalar) -> Step {
        self.note(format!("{place}: {} becomes {}", from.name(), to.name()));
        step
    }

    /// By the user's own function, if the record was exactly what one of them takes.
    fn by_ancestor(&mut self, from: At, to: At, name: &str) -> Option<Step> {
        let start = self.to.nodes[to].text.0;
        for ancestor in self.layout.ancestors_of(start) {
            let layout = (ancestor.layout)();
            let Ok(old) = Shape::parse(layout.as_str()) else { continue };
            if same(self.from, from, &old, old.root, &mut Vec::new()) {
                let was = layout.as_str().split('{').next().unwrap_or_default();
                self.changes.push(format!("`{name}` is made from a `{was}`"));
                return Some(Step::Convert(from, to, ancestor.convert));
            }
        }
        None
    }

    fn origins(
        &mut self,
        (from, before): (At, &[Field]),
        (to, fields): (At, &[Field]),
        record: &str,
    ) -> Planned<Vec<Origin>> {
        let has_no_names = |fields: &[Field]| {
            fields
                .iter()
                .any(|field| field.name.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        let place = format!("`{record}`");
        if has_no_names(before) && before.len() > fields.len() {
            let what = "has fewer fields than before, and they have no names";
            return Err(self.refuse(from, to, &place, what, BY_HAND));
        }
        let mut origins = Vec::new();
        let mut used = vec![false; before.len()];
        for field in fields {
            let past = self.layout.past_of(field.text);
            let names = past.map_or(&[][..], |past| past.was);
            let by_name = |name: &str| before.iter().position(|field| field.name == name);
            let place = format!("`{record}.{}`", field.name);
            let found =
                by_name(&field.name).or_else(|| names.iter().find_map(|name| by_name(name)));
            let Some(index) = found else {
                let value = self.default_of(field, past.and_then(|past| past.default));
                let value = value.ok_or_else(|| self.refuse(from, to, &place, "is new", IS_NEW))?;
                self.note(format!("{place} is added"));
                origins.push(Origin::Default(value));
                continue;
            };
            if before[index].name != field.name {
                self.note(format!("{place} was `{}`", before[index].name));
            }
            used[index] = true;
            origins.push(Origin::Field(index, self.plan(before[index].of, field.of, &place)?));
        }
        for (field, _) in before.iter().zip(used).filter(|(_, used)| !used) {
            self.note(format!("`{record}.{}` is dropped", field.name));
        }
        Ok(origins)
    }

    fn default_of(&self, field: &Field, default: Option<WriteDefault>) -> Option<Value> {
        let (bytes, at) = default?();
        let value = self.to.read_as(field.of, &bytes, at as usize);
        Some(value.expect("a default is read as what it was written as"))
    }

    fn variants(
        &mut self,
        (from, before): (At, &[Variant]),
        (to, variants): (At, &[Variant]),
        name: &str,
    ) -> Planned<Step> {
        let mut planned = Vec::new();
        for variant in before {
            let Some(tag) = variants.iter().position(|now| now.name == variant.name) else {
                let place = format!("`{name}::{}`", variant.name);
                return Err(self.refuse(from, to, &place, "is gone", BY_HAND));
            };
            let record = format!("{name}::{}", variant.name);
            let origins =
                self.origins((from, &variant.fields), (to, &variants[tag].fields), &record)?;
            planned.push((tag, origins));
        }
        let is_new = |now: &&Variant| before.iter().all(|variant| variant.name != now.name);
        for variant in variants.iter().filter(is_new) {
            self.note(format!("`{name}::{}` is added", variant.name));
        }
        Ok(Step::Variants(planned))
    }

    fn note(&mut self, change: String) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn refuse(
        &self,
        from: At,
        to: At,
        place: &str,
        what: &'static str,
        help: &'static str,
    ) -> NoMigration {
        let (saved, now) = (self.from.text_of(from).to_owned(), self.to.text_of(to).to_owned());
        Refusal { place: place.to_owned(), what, saved, now, help }.into()
    }
}

/// Whether a number keeps its value in another type, and what becomes of it.
fn widened(from: Scalar, to: Scalar) -> Option<Step> {
    match (from, to) {
        (Scalar::Unsigned(from), Scalar::Unsigned(to)) if from < to => Some(Step::Same),
        (Scalar::Signed(from), Scalar::Signed(to)) if from < to => Some(Step::Same),
        (Scalar::Unsigned(from), Scalar::Signed(to)) if from < to => Some(Step::Signed),
        (Scalar::F32, Scalar::F64) => Some(Step::Float),
        _ => None,
    }
}

/// Whether archives of two types are interchangeable: the names of records do not matter, those of fields do.
fn same(a: &Shape, at: At, b: &Shape, bt: At, assumed: &mut Vec<(At, At)>) -> bool {
    if assumed.contains(&(at, bt)) {
        return true;
    }
    let all = |first: &[At], second: &[At], assumed: &mut Vec<(At, At)>| {
        let mut pairs = first.iter().zip(second);
        first.len() == second.len() && pairs.all(|(at, bt)| same(a, *at, b, *bt, assumed))
    };
    let types = |fields: &[Field]| fields.iter().map(|field| field.of).collect::<Vec<_>>();
    let names = |first: &[Field], second: &[Field]| {
        first.iter().map(|field| &field.name).eq(second.iter().map(|field| &field.name))
    };
    match (a.node(at), b.node(bt)) {
        (Node::Scalar(first), Node::Scalar(second)) => first == second,
        (Node::Option(first), Node::Option(second))
        | (Node::Box(first), Node::Box(second))
        | (Node::Reverse(first), Node::Reverse(second)) => all(&[*first], &[*second], assumed),
        (Node::List(name, _, first), Node::List(other, _, second)) => {
            name == other && all(&[*first], &[*second], assumed)
        }
        (Node::Array(len, first), Node::Array(other, second)) => {
            len == other && all(&[*first], &[*second], assumed)
        }
        (Node::Map(name, key, value), Node::Map(other, second, values)) => {
            name == other && all(&[*key, *value], &[*second, *values], assumed)
        }
        (Node::Tuple(first), Node::Tuple(second)) => all(first, second, assumed),
        (Node::Record { fields: first, .. }, Node::Record { fields: second, .. }) => {
            assumed.push((at, bt));
            names(first, second) && all(&types(first), &types(second), assumed)
        }
        (Node::Enum { variants: first, .. }, Node::Enum { variants: second, .. }) => {
            assumed.push((at, bt));
            let one = |(first, second): (&Variant, &Variant)| {
                let (types, others) = (types(&first.fields), types(&second.fields));
                first.name == second.name
                    && names(&first.fields, &second.fields)
                    && all(&types, &others, assumed)
            };
            first.len() == second.len() && first.iter().zip(second).all(one)
        }
        _ => false,
    }
}
