//! Nothing in the picture overlaps.

use super::super::picture::{Card, Picture, Rect, Sort, Style, picture};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_in_a_picture_overlaps(
        links in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..4, 0_u8..6), 1..60),
        text in "[a-z ]{0,200}",
    ) {
        let mut tree: Vec<(Option<usize>, usize)> = Vec::new();
        for (at, (index, place, root)) in links.iter().enumerate() {
            tree.push(((at > 0 && *root > 0).then(|| index.index(at)), *place));
        }
        // Makers come first and subtrees stay together, as a dossier has them.
        let dossier = dossier(&in_order(&tree), &text);
        check(&picture(&dossier, CLOCK))?;
    }
}

/// The same tree with makers directly before all that they made.
fn in_order(tree: &[(Option<usize>, usize)]) -> Vec<(Option<usize>, usize)> {
    let mut order: Vec<usize> = Vec::new();
    let mut waiting: Vec<usize> = (0..tree.len()).filter(|at| tree[*at].0.is_none()).rev().collect();
    while let Some(at) = waiting.pop() {
        order.push(at);
        waiting.extend((0..tree.len()).filter(|child| tree[*child].0 == Some(at)).rev());
    }
    let new = |old: usize| order.iter().position(|at| *at == old).unwrap();
    order.iter().map(|at| (tree[*at].0.map(new), tree[*at].1)).collect()
}

fn meet(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/// No card meets another, no line goes through one, no text is wider than its card, all is within the picture, and
/// borders hold what is theirs alone.
fn check(picture: &Picture) -> Result<(), TestCaseError> {
    let whole = Rect { x: 0, y: 0, w: picture.width, h: picture.height };
    let within = |outer: Rect, inner: Rect| {
        inner.x >= outer.x
            && inner.y >= outer.y
            && inner.x + inner.w <= outer.x + outer.w
            && inner.y + inner.h <= outer.y + outer.h
    };
    let cards: Vec<&Card> = picture.cards.iter().collect();
    for (at, card) in cards.iter().enumerate() {
        prop_assert!(within(whole, card.rect), "{card:?} is not within {whole:?}");
        for other in &cards[at + 1..] {
            prop_assert!(!meet(card.rect, other.rect), "{card:?} and {other:?}");
        }
        for line in &card.lines {
            let size = if line.style == Style::Name { 13.0 } else { 11.0 };
            prop_assert!(line.text.width() as f64 * size * 0.61 + 12.0 < f64::from(card.rect.w), "{line:?}");
        }
        if matches!(card.sort, Sort::Process(_)) {
            let around = picture.borders.iter().filter(|border| meet(border.rect, card.rect)).collect::<Vec<_>>();
            prop_assert_eq!(around.len(), 1);
            prop_assert!(within(around[0].rect, card.rect));
        }
    }
    for (at, border) in picture.borders.iter().enumerate() {
        prop_assert!(within(whole, border.rect));
        prop_assert!(picture.borders[at + 1..].iter().all(|other| !meet(border.rect, other.rect)));
    }
    for wire in &picture.wires {
        for pair in wire.corners.windows(2) {
            let ((a, b), (c, d)) = (pair[0], pair[1]);
            let line = Rect { x: a.min(c), y: b.min(d), w: (a - c).abs().max(1), h: (b - d).abs().max(1) };
            for card in &cards {
                let inner = Rect { x: card.rect.x + 1, y: card.rect.y + 1, w: card.rect.w - 2, h: card.rect.h - 2 };
                prop_assert!(!meet(line, inner), "{wire:?} goes through {card:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn pictures_of_one_and_of_many_processes_stand() {
    let chain: Vec<_> = (0..60_usize).map(|at| (at.checked_sub(1), at / 20)).collect();
    let star: Vec<_> = (0..60_usize).map(|at| ((at > 0).then_some(0), usize::from(at > 30))).collect();
    let many: Vec<_> = (0..300_usize).map(|at| (at.checked_sub(1), 0)).collect();
    for tree in [vec![(None, 0)], chain, star, many] {
        let picture = picture(&dossier(&tree, "a text that has some words"), CLOCK);
        check(&picture).unwrap();
        assert_eq!(picture.left_out, tree.len().saturating_sub(80));
        assert!(picture.width < 2_200, "{}", picture.width);
    }
}
