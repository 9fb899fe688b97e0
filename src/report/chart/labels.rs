//! Labels at the ends of lines: moved apart so that they neither overlap nor leave the panel.

/// The positions nearest to the `wanted` ones (in order of the input) that keep `pitch` between neighbours and stay
/// within `low..=high` as long as there is room.
pub(super) fn spread(wanted: &[f64], pitch: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Neighbours that would overlap form a block that sits around its mean (pooled adjacent violators).
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for k in &order {
        blocks.push((wanted[*k], 1));
        while let [.., (upper, above), (lower, below)] = *blocks.as_slice() {
            let touching = 0.5 * (above + below) as f64 * pitch;
            if lower - upper >= touching {
                break;
            }
            let count = above + below;
            let centre = (upper * above as f64 + lower * below as f64) / count as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((centre, count));
        }
    }
    let mut sorted: Vec<f64> = Vec::new();
    for (centre, count) in blocks {
        let first = centre - 0.5 * (count - 1) as f64 * pitch;
        sorted.extend((0..count).map(|k| first + k as f64 * pitch));
    }
    keep_inside(&mut sorted, pitch, low, high);
    let mut positions = vec![0.0; wanted.len()];
    for (position, k) in sorted.into_iter().zip(order) {
        positions[k] = position;
    }
    positions
}

/// Pushes ascending positions up from the lower edge and then down from the upper one.
fn keep_inside(sorted: &mut [f64], pitch: f64, low: f64, high: f64) {
    let mut limit = high;
    for position in sorted.iter_mut().rev() {
        *position = position.min(limit);
        limit = *position - pitch;
    }
    let mut limit = low;
    for position in sorted.iter_mut() {
        *position = position.max(limit);
        limit = *position + pitch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_room_stay_where_they_are() {
        assert_eq!(spread(&[100.0, 20.0], 10.0, 0.0, 200.0), [100.0, 20.0]);
    }

    #[test]
    fn equal_labels_share_the_space_around_their_place() {
        assert_eq!(spread(&[50.0, 50.0, 50.0], 10.0, 0.0, 200.0), [40.0, 50.0, 60.0]);
    }

    #[test]
    fn labels_at_an_edge_stack_inwards() {
        assert_eq!(spread(&[200.0, 200.0, 198.0], 10.0, 0.0, 200.0), [190.0, 200.0, 180.0]);
        assert_eq!(spread(&[0.0, 1.0], 10.0, 0.0, 200.0), [0.0, 10.0]);
    }

    #[test]
    fn labels_never_overlap() {
        let wanted = [3.0, 90.0, 88.0, 91.0, 4.0, 60.0, 61.0];
        let mut placed = spread(&wanted, 12.0, 0.0, 120.0);
        placed.sort_by(f64::total_cmp);
        assert!(placed.windows(2).all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9), "{placed:?}");
        assert!(placed[0] >= 0.0 && placed[6] <= 120.0, "{placed:?}");
    }
}
