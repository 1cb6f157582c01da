"""The published numbers, and what ours say beside them."""
from functools import partial
from itertools import combinations

import numpy as np
from lab.arrays import by_part
from lab.table import Row

from .parts import PERCENTILES

METHODS = ("dense", "post", "pre")
CLOSE, FAR = 0.02, 0.03                     # |ours - published|
CLEAR, LEAST = 0.02, 1e-4                   # differences that order methods: published, ours
JUDGED_AT = {percentile: PERCENTILES.index(percentile) for percentile in (70, 90)}
# Means of test accuracy, in thousandths, over five runs (or fewer), committed beside the code of
# Buffoni et al. 2022: data, activation, hidden layers; by METHODS, for each of PERCENTILES.
PUBLISHED = """
mnist tanh 1         984 981 925 806 603 473   982 979 945 883 733 592   978 978 980 980 977 972
mnist relu 1         986 985 975 948 832 660   984 975 937 866 676 529   983 981 981 979 979 974
mnist elu 1          981 982 972 943 831 661   982 982 980 973 948 852   977 978 978 978 978 975
fashion-mnist tanh 1 896 878 609 426 248 215   891 874 794 748 648 485   876 883 885 886 886 878
fashion-mnist relu 1 898 898 895 874 730 558   896 894 862 802 657 473   888 892 890 887 885 881
fashion-mnist elu 1  893 894 715 536 372 320   893 893 868 824 693 563   886 883 885 888 884 885
mnist tanh 3         984 825 630 463 317 199   984 959 772 590 389 220   977 974 971 961 727 501
mnist elu 3          982 910 594 363 246 202   986 985 978 949 537 195   976 976 976 973 966 897
fashion-mnist relu 3 895 692 100 100 100 100   900 863 671 480 235  99   887 883 883 882 877 867
fashion-mnist elu 3  894 585 177 123  74 100   896 879 697 523 285 130   883 888 885 886 878 863
"""


def published(name):
    """method -> numbers for a case's name such as "mnist elu 500-500-500"."""
    dataset, activation, hidden = name.split()
    line, = (line for line in PUBLISHED.strip().splitlines()
             if line.startswith(f"{dataset} {activation} {1 + hidden.count('-')}"))
    numbers = np.array(line.split()[3:], float) / 1000
    return dict(zip(METHODS, numbers.reshape(len(METHODS), -1)))


def claims(result):
    return []


def checks(result):
    rows, order = [], sorted(enumerate(PERCENTILES), key=lambda pair: pair[1] not in JUDGED_AT)
    for name, methods in by_part(result).items():
        row, theirs = partial(Row, name), published(name)
        ours = {method: methods[method]["accuracy"] for method in METHODS}
        off = np.array([np.abs(ours[method].mean(0) - theirs[method]) for method in METHODS])
        pre = off[METHODS.index("pre"), np.array(PERCENTILES) <= 90]
        rows += [*(row(f"{percentile} % cut: {method}", f"{theirs[method][at]:.3f}",
                       ours[method][:, at]) for at, percentile in order for method in METHODS),
                 row("pre, up to 90 %: off by at most", "0", pre.max(), high=CLOSE),
                 *judge_order(name, ours, theirs),
                 row(f"cells of {off.size} off by more than {FAR}", "0", (off > FAR).sum(), high=2),
                 *(row(f"{percentile} % cut: dense, {way.replace('_', ' ')}", "-",
                       methods["dense"][way][:, at]) for way in ("by_layer", "by_signed_sum")
                   for percentile, at in JUDGED_AT.items())]
    return rows


def judge_order(name, ours, theirs):
    """The order of each two methods at 70 % and 90 % where the published means differ clearly."""
    for percentile, at in JUDGED_AT.items():
        for first, second in combinations(METHODS, 2):
            gap = theirs[first][at] - theirs[second][at]
            if abs(gap) > CLEAR:
                yield Row(name, f"{percentile} % cut: {first} less {second}", f"{gap:+.3f}",
                          ours[first][:, at].mean() - ours[second][:, at].mean(),
                          **({"low": LEAST} if gap > 0 else {"high": -LEAST}))
