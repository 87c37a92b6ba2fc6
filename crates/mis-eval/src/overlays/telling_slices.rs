//! Which slices are worth a look.

/// At most `n` slices to be shown beside each other: those with the most errors and those with the most labels in turn,
/// not close together. Without a label, `n` at even distances. `labelled` and `wrong` count the voxels of each slice.
pub(super) fn telling_slices(labelled: &[usize], wrong: &[usize], n: usize) -> Vec<usize> {
    let Some((first, last)) = labelled_range(labelled) else { return evenly(0, labelled.len(), n) };
    let mut left: Vec<usize> = (first..=last).filter(|&slice| labelled[slice] > 0).collect();
    if left.len() <= n {
        return left;
    }
    let mut chosen: Vec<usize> = Vec::with_capacity(n);
    let mut apart = left.len() / (2 * n);
    while chosen.len() < n {
        let counts = if chosen.len().is_multiple_of(2) { wrong } else { labelled };
        let free = |slice: &&usize| chosen.iter().all(|other| other.abs_diff(**slice) > apart);
        // The first of equals.
        match left.iter().filter(free).copied().rev().max_by_key(|&slice| (counts[slice], labelled[slice])) {
            Some(slice) => {
                left.retain(|&other| other != slice);
                chosen.push(slice);
            }
            None => apart /= 2,
        }
    }
    chosen.sort_unstable();
    chosen
}

/// At most `n` slices to be shown one after the other: all, or of those with labels and some around them every so many.
pub(super) fn slices_in_turn(labelled: &[usize], n: usize) -> Vec<usize> {
    let n_slices = labelled.len();
    if n_slices <= n {
        return (0..n_slices).collect();
    }
    let (first, last) = labelled_range(labelled).unwrap_or((0, n_slices - 1));
    let margin = (last - first) / 10 + 1;
    let (from, to) = (first.saturating_sub(margin), (last + 1 + margin).min(n_slices));
    evenly(from, to, n)
}

fn labelled_range(labelled: &[usize]) -> Option<(usize, usize)> {
    let first = labelled.iter().position(|&n| n > 0)?;
    let last = labelled.iter().rposition(|&n| n > 0)?;
    Some((first, last))
}

/// At most `n` of the slices `from..to`, each in the middle of its share of them.
fn evenly(from: usize, to: usize, n: usize) -> Vec<usize> {
    let n_slices = to - from;
    let n = n.min(n_slices);
    (0..n).map(|place| from + (2 * place + 1) * n_slices / (2 * n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slices_with_the_most_errors_and_the_most_labels_are_chosen() {
        let mut labelled = vec![0; 100];
        let mut wrong = vec![0; 100];
        for slice in 20..80 {
            labelled[slice] = 100 - slice.abs_diff(50);
            wrong[slice] = 1;
        }
        wrong[73] = 90;
        let chosen = telling_slices(&labelled, &wrong, 5);
        assert_eq!(chosen.len(), 5);
        assert!(chosen.contains(&73) && chosen.contains(&50), "{chosen:?}");
        assert!(chosen.windows(2).all(|pair| pair[1] - pair[0] > 6), "{chosen:?}");
        assert!(chosen.iter().all(|&slice| labelled[slice] > 0));
    }

    #[test]
    fn few_labelled_slices_are_all_shown_and_none_gives_an_even_choice() {
        assert_eq!(telling_slices(&[0, 3, 0, 0, 1, 2], &[0; 6], 4), [1, 4, 5]);
        assert_eq!(telling_slices(&[0; 9], &[0; 9], 3), [1, 4, 7]);
        assert_eq!(telling_slices(&[0], &[0], 3), [0]);
        assert_eq!(telling_slices(&[5; 7], &[0; 7], 6).len(), 6);
    }

    #[test]
    fn an_animation_shows_all_slices_or_those_around_the_labels() {
        assert_eq!(slices_in_turn(&[0, 1, 0], 3), [0, 1, 2]);
        let mut labelled = vec![0; 500];
        labelled[100..200].fill(9);
        let shown = slices_in_turn(&labelled, 60);
        assert_eq!(shown.len(), 60);
        assert!(shown[0] >= 90 && shown[0] <= 92 && shown[59] >= 207 && shown[59] <= 209, "{shown:?}");
    }
}
