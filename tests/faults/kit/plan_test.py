"""Every fault point of the sources is swept, and every one that is swept is in the sources."""

import unittest

import plan


class Plan(unittest.TestCase):
    def test_all_points_are_planned(self):
        self.assertEqual(plan.points(), sorted(plan.PLAN))

    def test_each_is_wanted_where_it_is(self):
        for processor in plan.BOTH:
            here = [point for point in plan.points() if processor in plan.PLAN[point][0]]
            for action in ("kill", "stop"):
                self.assertEqual(plan.wanted("whole", action, processor), here)

    def test_quick_kills_each_once_and_stops_a_third(self):
        def quick(action):
            return sorted(point for p in plan.BOTH for point in plan.wanted("quick", action, p))

        self.assertEqual(quick("kill"), plan.points())
        self.assertEqual(quick("stop"), plan.points()[::3])


if __name__ == "__main__":
    unittest.main()
