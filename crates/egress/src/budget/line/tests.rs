//! The line before the slots against a model: first come within an app, in turns between apps.

use super::super::tests::Dice;
use super::{Entry, Line};
use crate::budget::InFlight;
use crate::error::Limit;
use std::sync::Arc;

fn limits(all: usize, app: usize) -> InFlight {
    InFlight { all, app, line: 100_000, line_app: 100_000, ..InFlight::default() }
}

fn names(number: usize) -> Vec<Arc<str>> {
    (0..number).map(|index| format!("app{index}").into()).collect()
}

#[test]
fn apps_take_turns_whatever_the_number_of_their_calls() {
    let apps = names(3);
    let mut line = Line::new(limits(1, 1));
    assert_eq!(line.enter(&apps[0], usize::MAX, || 0), Entry::In);
    for _ in 0..10_000 {
        line.enter(&apps[0], usize::MAX, || 0);
    }
    for _ in 0..100 {
        line.enter(&apps[1], usize::MAX, || 1);
        line.enter(&apps[2], usize::MAX, || 2);
    }
    let (mut inside, mut came) = (Arc::clone(&apps[0]), [0; 3]);
    for _ in 0..300 {
        line.leave(&inside);
        let (app, who) = line.next().unwrap();
        (inside, came[who]) = (app, came[who] + 1);
        assert!(line.next().is_none(), "one slot lets one in");
    }
    assert_eq!(came, [100, 100, 100]);
}

#[test]
fn an_app_at_its_own_cap_does_not_hold_up_the_others() {
    let apps = names(2);
    let mut line = Line::new(limits(10, 2));
    let mut enter = |app: usize| line.enter(&apps[app], usize::MAX, || ());
    assert_eq!([enter(0), enter(0)], [Entry::In, Entry::In]);
    assert_eq!(enter(0), Entry::Waits(1));
    assert_eq!(enter(1), Entry::In);
    assert!(line.next().is_none());
    line.leave(&apps[0]);
    assert_eq!(line.next().unwrap().0, apps[0]);
}

#[test]
fn a_full_line_refuses_and_says_what_is_full() {
    let apps = names(2);
    let mut line = Line::new(InFlight { line: 3, line_app: 2, ..limits(2, 1) });
    let mut enter = |app: usize| line.enter(&apps[app], usize::MAX, || ());
    assert_eq!([enter(0), enter(0), enter(0), enter(0)], [Entry::In, Entry::Waits(1), Entry::Waits(2), Entry::Full(Limit::InFlightApp)]);
    assert_eq!([enter(1), enter(1), enter(1)], [Entry::In, Entry::Waits(3), Entry::Full(Limit::InFlightApp)]);
    line.set(InFlight { line: 3, wait: std::time::Duration::ZERO, ..limits(2, 2) });
    assert_eq!(line.enter(&apps[0], usize::MAX, || ()), Entry::Full(Limit::InFlight));
}

#[test]
fn a_wider_cap_calls_in_those_who_wait() {
    let app = &names(1)[0];
    let mut line = Line::new(limits(10, 10));
    let entered: Vec<_> = (0..5).map(|_| line.enter(app, 1, || ())).collect();
    assert_eq!((&entered[0], &entered[4]), (&Entry::In, &Entry::Waits(4)));
    line.set(limits(10, 3));
    assert!(line.next().is_none(), "its own cap is narrower still");
    assert_eq!(line.enter(app, usize::MAX, || ()), Entry::Waits(5));
    assert_eq!(std::iter::from_fn(|| line.next()).count(), 2);
}

/// What a line is after any steps: who is inside and who waits, one by one.
#[derive(Default)]
struct Model {
    inside: Vec<usize>,
    waiting: Vec<(usize, u64)>,
}

#[test]
fn after_any_steps_the_counts_are_right_and_nobody_waits_before_a_free_slot() {
    let (apps, mut dice) = (names(5), Dice(11));
    let mut bounds = limits(6, 3);
    let (mut line, mut model) = (Line::new(bounds), Model::default());
    for step in 0..40_000 {
        let app = dice.below(5) as usize;
        match dice.below(100) {
            0..45 => match line.enter(&apps[app], usize::MAX, || app) {
                Entry::In => model.inside.push(app),
                Entry::Waits(ticket) => model.waiting.push((app, ticket)),
                Entry::Full(_) => panic!("the line is long"),
            },
            45..85 if !model.inside.is_empty() => {
                let gone = model.inside.swap_remove(dice.below(model.inside.len() as u64) as usize);
                line.leave(&apps[gone]);
            }
            85..99 if !model.waiting.is_empty() => {
                let (app, ticket) = model.waiting.remove(dice.below(model.waiting.len() as u64) as usize);
                assert!(line.forget(&apps[app], ticket).is_some());
                assert!(line.forget(&apps[app], ticket).is_none(), "once");
            }
            99 => {
                bounds = limits(dice.below(9) as usize, dice.below(5) as usize);
                line.set(bounds);
            }
            _ => {}
        }
        while let Some((name, app)) = line.next() {
            assert_eq!(name, apps[app]);
            let first = model.waiting.iter().position(|(of, _)| *of == app).unwrap();
            model.waiting.remove(first);
            model.inside.push(app);
            assert!(model.inside.len() <= bounds.all && inside(&model, app) <= bounds.app, "step {step}");
        }
        assert_eq!((line.load().in_flight, line.load().waiting), (model.inside.len(), model.waiting.len()));
        let may_go = |(app, _): &(usize, u64)| inside(&model, *app) < bounds.app;
        assert!(model.inside.len() >= bounds.all || !model.waiting.iter().any(may_go), "step {step}");
    }
    model.inside.iter().for_each(|app| line.leave(&apps[*app]));
    model.waiting.iter().for_each(|(app, ticket)| assert!(line.forget(&apps[*app], *ticket).is_some()));
    line.set(limits(1, 1));
    assert!(line.next().is_none() && line.apps.is_empty() && line.turns.is_empty(), "nothing of anybody stays");
}

fn inside(model: &Model, app: usize) -> usize {
    model.inside.iter().filter(|inside| **inside == app).count()
}
