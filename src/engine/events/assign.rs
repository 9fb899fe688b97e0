//! Which member of a consumer group gets which partition.
//!
//! Not here: who the members are and what a change costs (`members`).

/// Neighbouring partitions go to the same member, in joining order; the first ones get one more where it does not come
/// out even (Kafka's range assignor).
pub(super) fn range(partitions: u32, members: &[u32]) -> Vec<Option<u32>> {
    let count = members.len() as u32;
    let mut owners = Vec::with_capacity(partitions as usize);
    for (rank, member) in members.iter().enumerate() {
        let share = partitions / count + u32::from((rank as u32) < partitions % count);
        owners.extend(std::iter::repeat_n(Some(*member), share as usize));
    }
    owners.resize(partitions as usize, None);
    owners
}

/// The same numbers of partitions, of which as many as possible stay where they are. Among members with equally many,
/// those that joined first keep more.
pub(super) fn sticky(before: &[Option<u32>], members: &[u32]) -> Vec<Option<u32>> {
    if members.is_empty() {
        return vec![None; before.len()];
    }
    let (each, more) = (before.len() / members.len(), before.len() % members.len());
    let mut by_member = std::collections::BTreeMap::new();
    for owner in before.iter().flatten() {
        *by_member.entry(*owner).or_insert(0_usize) += 1;
    }
    let had = |member: &u32| by_member.get(member).copied().unwrap_or(0);
    let mut most_first: Vec<u32> = members.to_vec();
    most_first.sort_by_key(|member| std::cmp::Reverse(had(member)));
    // How many more partitions each member may have.
    let mut room: std::collections::BTreeMap<u32, usize> =
        most_first.iter().enumerate().map(|(rank, member)| (*member, each + usize::from(rank < more))).collect();
    let mut owners: Vec<Option<u32>> = Vec::with_capacity(before.len());
    for owner in before {
        let kept = owner.filter(|owner| {
            room.get_mut(owner).is_some_and(|left| {
                let stays = *left > 0;
                *left -= usize::from(stays);
                stays
            })
        });
        owners.push(kept);
    }
    let mut free = members.iter().flat_map(|member| std::iter::repeat_n(*member, room[member]));
    owners.iter_mut().filter(|owner| owner.is_none()).for_each(|owner| *owner = free.next());
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(owners: &[Option<u32>], members: &[u32]) -> Vec<usize> {
        members.iter().map(|member| owners.iter().filter(|owner| **owner == Some(*member)).count()).collect()
    }

    #[test]
    fn ranges_are_neighbours_and_the_first_get_more() {
        assert_eq!(range(5, &[7, 3]), [Some(7), Some(7), Some(7), Some(3), Some(3)]);
        assert_eq!(range(2, &[4, 5, 6]), [Some(4), Some(5)]);
        assert_eq!(range(3, &[]), [None, None, None]);
        assert_eq!(loads(&range(12, &[0, 1, 2, 3, 4]), &[0, 1, 2, 3, 4]), [3, 3, 2, 2, 2]);
    }

    #[test]
    fn a_new_member_takes_no_more_than_its_share_from_the_others() {
        let before = range(12, &[0, 1, 2]);
        let after = sticky(&before, &[0, 1, 2, 3]);
        assert_eq!(loads(&after, &[0, 1, 2, 3]), [3, 3, 3, 3]);
        assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 3);
    }

    #[test]
    fn when_one_leaves_only_its_partitions_move() {
        let before = range(7, &[0, 1, 2]);
        let after = sticky(&before, &[0, 2]);
        for (before, after) in before.iter().zip(&after) {
            assert!(*before == Some(1) || before == after);
        }
        assert_eq!(loads(&after, &[0, 2]), [4, 3]);
        assert_eq!(sticky(&after, &[]), vec![None; 7]);
    }

    #[test]
    fn nothing_moves_without_a_change() {
        for partitions in 1..20 {
            for members in 1..8 {
                let members: Vec<u32> = (0..members).collect();
                let owners = range(partitions, &members);
                assert_eq!(sticky(&owners, &members), owners);
            }
        }
    }
}
