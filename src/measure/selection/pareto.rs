//! What cannot be improved in one respect without giving something up in the other.

/// Indices of the points that no other point beats: none is at least as small in both coordinates and smaller in one
/// (Pareto 1906). Ascending in the first coordinate, equal points in the order of the input; points with a coordinate
/// that is no number are on no front.
pub fn pareto_front(points: &[(f64, f64)]) -> Vec<usize> {
    let known = |k: &usize| !points[*k].0.is_nan() && !points[*k].1.is_nan();
    let mut order: Vec<usize> = (0..points.len()).filter(known).collect();
    order.sort_by(|a, b| points[*a].0.total_cmp(&points[*b].0).then(points[*a].1.total_cmp(&points[*b].1)));
    let mut front: Vec<usize> = Vec::new();
    for k in order {
        let beaten = front.last().is_some_and(|last| points[*last].1 <= points[k].1 && points[*last] != points[k]);
        if !beaten {
            front.push(k);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_runs_from_cheap_and_late_to_dear_and_prompt() {
        let points = [(5.0, 1.0), (1.0, 9.0), (3.0, 3.0), (4.0, 3.0), (3.0, 4.0), (6.0, 1.0)];
        assert_eq!(pareto_front(&points), [1, 2, 0]);
    }

    #[test]
    fn equal_points_are_both_on_it() {
        assert_eq!(pareto_front(&[(1.0, 1.0), (1.0, 1.0)]), [0, 1]);
    }

    #[test]
    fn what_is_not_a_number_is_on_no_front() {
        assert_eq!(pareto_front(&[(f64::NAN, 0.0), (1.0, f64::NAN), (2.0, 2.0)]), [2]);
        assert!(pareto_front(&[]).is_empty());
    }

    #[test]
    fn nobody_on_it_is_beaten_and_everybody_else_is() {
        let points: Vec<(f64, f64)> =
            (0..200).map(|k| (f64::from(k * 7919 % 31), f64::from(k * 104_729 % 37))).collect();
        let front = pareto_front(&points);
        let beats = |a: (f64, f64), b: (f64, f64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
        for (k, point) in points.iter().enumerate() {
            let is_beaten = points.iter().any(|other| beats(*other, *point));
            assert_eq!(front.contains(&k), !is_beaten, "{point:?}");
        }
    }
}
