"""First witness, the complex recurrent layer: complex numbers as pairs of real ones.

Two forms: amplitudes as the Fourier sum of what items and f add to the linear motion, K Y formed;
"stepwise", where the memory takes its steps, B is formed and K Y u is taken off at the end.
Gradients of complex numbers are dL/dRe + i dL/dIm.
"""
from .arithmetic import total
from .complex_numbers import Complex, collected, imaginary_parts, joined, real_parts, turn
from .formulas_layers import affine_backward, affine_forward
from .formulas_recurrent import (bent, bent_back, by_adjoint, by_gap, combined, damped, inverse,
                                 product, similarity, summed, turned)


def settings(own):
    """Phi, its inverse, the eigenvalues, A, K and K Y."""
    phi, values = own["phi"], [damped(theta)[0] for theta in own["theta"]]
    back = inverse(phi)
    k = joined(own["k_real"], own["k_imag"])
    rows = joined(product(own["k_real"], back), product(own["k_imag"], back))
    return phi, back, values, similarity(phi, values, back), k, rows


def item(layer, x, t, n):
    """What is added to the nodes at time t, None if nothing is."""
    j, rest = divmod(t, layer["spacing"])
    if rest or not x or (j + 1) * n > len(x[0]):
        return None
    return [sample[j * n:(j + 1) * n] for sample in x]


def times_of(layer, x, n):
    """For every step whether f acts: `steps` steps from the time of each item on."""
    starts = [j * layer["spacing"] for j in range(len(x[0]) // n if x else 1)]
    return [any(0 <= t - start < layer["steps"] for start in starts)
            for t in range(starts[-1] + layer["steps"])]


def motion(layer, transfer, x, n):
    """Per step the nodes before the item, after it, and f of those; then the nodes at the end."""
    u, found = [[0 * entry for entry in sample[:n]] for sample in x], []
    for t, acts in enumerate(times_of(layer, x, n)):
        more = item(layer, x, t, n)
        fed = u if more is None else added(u, more)
        h = bent(layer, fed) if acts else fed
        found.append((u, fed, h))
        u = affine_forward(transfer, {}, h)
    return found, u


def image(matrix, rows):
    """Real rows times a complex matrix."""
    return joined(affine_forward(real_parts(matrix), {}, rows),
                  affine_forward(imaginary_parts(matrix), {}, rows))


def image_backward(matrix, rows, grad):
    """Gradients of the complex matrix and of the real rows."""
    of_re, _, from_re = affine_backward(real_parts(matrix), {}, rows, real_parts(grad))
    of_im, _, from_im = affine_backward(imaginary_parts(matrix), {}, rows, imaginary_parts(grad))
    return joined(of_re, of_im), combined(lambda a, b: a + b, from_re, from_im)


def each(factors, rows):
    """Every entry times the factor of its mode."""
    return [[factor * z for factor, z in zip(factors, row)] for row in rows]


def added(a, b):
    return combined(lambda p, q: p + q, a, b)


def read(layer, a):
    if layer["read"] == "amplitude":
        return [[z.re for z in row] + [z.im for z in row] for row in a]
    if layer["read"] == "score":
        return real_parts(a)
    return [[z.re * z.re + z.im * z.im for z in row] for row in a]


def read_backward(layer, a, grad_y):
    if layer["read"] == "amplitude":
        return [[Complex(re, im) for re, im in zip(row[:len(row) // 2], row[len(row) // 2:])]
                for row in grad_y]
    if layer["read"] == "score":
        return [[Complex(g) for g in row] for row in grad_y]
    return combined(lambda z, g: z.times(2 * g), a, grad_y)


def spectrum_sums(layer, own, rows, found):
    """What every step writes, -exp(-i omega t) (K Y (f(u + x) - u)), and f(u + x) - u."""
    for t, (u, _, h) in enumerate(found):
        more = combined(lambda a, b: a - b, h, u)
        turns = [-turn(-t * omega) for omega in own["omega"]]
        yield each(turns, image(rows, more)), more


def fourier_forward(layer, own, x):
    *_, transfer, _, rows = settings(own)
    found, _ = motion(layer, transfer, x, len(own["phi"]))
    return read(layer, collected_matrices([z for z, _ in spectrum_sums(layer, own, rows, found)]))


def fourier_backward(layer, own, x, grad_y):
    phi, back, values, transfer, k, rows = settings(own)
    n = len(phi)
    found, _ = motion(layer, transfer, x, n)
    pairs = list(spectrum_sums(layer, own, rows, found))
    grad_a = read_backward(layer, collected_matrices([z for z, _ in pairs]), grad_y)
    grad_u, of_rows, of_transfer, of_items = None, [], [], []
    acts = times_of(layer, x, n)
    for t in reversed(range(len(found))):
        _, fed, h = found[t]
        turns = [-turn(-t * omega).conj for omega in own["omega"]]
        grad_rows, grad_more = image_backward(rows, pairs[t][1], each(turns, grad_a))
        of_rows.append(grad_rows)
        grad_h = grad_more
        if grad_u is not None:
            grad_transfer, _, passed = affine_backward(transfer, {}, h, grad_u)
            of_transfer.append(grad_transfer)
            grad_h = added(grad_more, passed)
        grad_fed = bent_back(layer, fed, grad_h) if acts[t] else grad_h
        if item(layer, x, t, n) is not None:
            of_items.insert(0, grad_fed)
        grad_u = combined(lambda a, b: a - b, grad_fed, grad_more)
    grad_rows = collected_matrices(of_rows)
    grad_k = product_by(grad_rows, turned(back))
    grad_phi, grad_values = by_gap(phi, values, back, summed(of_transfer, n),
                                   real_part_of(k, grad_rows))
    grad_omega = slopes_of_sums([z for z, _ in pairs], grad_a, len(k))
    return named(own, grad_phi, grad_values, grad_k, grad_omega), side_by_side(of_items)


def slopes_of_sums(written, grad_a, modes):
    """grad_omega_k = sum over samples of Im(conj(g_a) sum_t t z_t) for z_t = exp(-i omega t) ..."""
    turning = [[collected(z.times(t) for t, z in enumerate(zs)) for zs in zip(*entries)]
               for entries in zip(*written)]
    return [total((turning[b][m] * grad_a[b][m].conj).im for b in range(len(turning)))
            for m in range(modes)]


def collected_matrices(matrices):
    """The sum of complex matrices."""
    return [[collected(zs) for zs in zip(*rows)] for rows in zip(*matrices)]


def product_by(matrix, real):
    """A complex matrix times a real one."""
    return joined(product(real_parts(matrix), real), product(imaginary_parts(matrix), real))


def side_by_side(items):
    return [[entry for row in rows for entry in row] for rows in zip(*items)]


def named(own, grad_phi, grad_values, grad_k, grad_omega):
    return {"phi": grad_phi, "omega": grad_omega,
            "theta": [damped(t)[1] * g for t, g in zip(own["theta"], grad_values)],
            "k_real": real_parts(grad_k), "k_imag": imaginary_parts(grad_k)}


def memory(layer, own, x):
    """m_0 ... m_steps, what was formed on the way, and the amplitudes before they are turned."""
    phi, back, values, transfer, k, rows = settings(own)
    found, last = motion(layer, transfer, x, len(phi))
    mu = [turn(omega) for omega in own["omega"]]
    gaps = [[Complex(value) - mu_k for value in values] for mu_k in mu]
    v = combined(lambda gap, z: gap * z, gaps, k)
    drive = product_by(v, back)
    states = [[[Complex(0) for _ in mu] for _ in x]]
    for _, _, h in found:
        states.append(added(each(mu, states[-1]), image(drive, h)))
    q = combined(lambda a, b: a - b, states[-1], image(rows, last))
    return states, (found, last, mu, gaps, v, drive), q


def stepwise_forward(layer, own, x):
    states, _, q = memory(layer, own, x)
    turns = [turn(-(len(states) - 1) * omega) for omega in own["omega"]]
    return read(layer, each(turns, q))


def stepwise_backward(layer, own, x, grad_y):
    phi, back, values, transfer, k, rows = settings(own)
    states, (found, last, mu, gaps, v, drive), q = memory(layer, own, x)
    steps, n, batch, modes = len(found), len(phi), range(len(x)), range(len(k))
    turns = [turn(-steps * omega) for omega in own["omega"]]
    grad_a = read_backward(layer, each(turns, q), grad_y)
    grad_turns = [collected(grad_a[b][m] * q[b][m].conj for b in batch) for m in modes]
    grad_m = each([z.conj for z in turns], grad_a)
    grad_rows, taken = image_backward(rows, last, grad_m)
    grad_rows, grad_u = [[-z for z in row] for row in grad_rows], [[-g for g in r] for r in taken]
    acts, of_drive, of_transfer, of_items, of_mu = times_of(layer, x, n), [], [], [], []
    for t in reversed(range(steps)):
        _, fed, h = found[t]
        grad_drive, from_m = image_backward(drive, h, grad_m)
        grad_transfer, _, from_u = affine_backward(transfer, {}, h, grad_u)
        of_drive.append(grad_drive)
        of_transfer.append(grad_transfer)
        of_mu += [combined(lambda g, z: g * z.conj, grad_m, states[t])]
        grad_u = added(from_m, from_u)
        grad_u = bent_back(layer, fed, grad_u) if acts[t] else grad_u
        if item(layer, x, t, n) is not None:
            of_items.insert(0, grad_u)
        grad_m = each([z.conj for z in mu], grad_m)
    grad_drive = collected_matrices(of_drive)
    grad_v = product_by(grad_drive, turned(back))
    grad_k = added(combined(lambda gap, g: gap.conj * g, gaps, grad_v),
                   product_by(grad_rows, turned(back)))
    grad_back = added(real_part_of(v, grad_drive), real_part_of(k, grad_rows))
    grad_phi, grad_values = by_adjoint(phi, values, back, summed(of_transfer, n), grad_back)
    weighed = combined(lambda g, z: g * z.conj, grad_v, k)
    grad_values = [total([g, *(weighed[m][j].re for m in modes)])
                   for j, g in enumerate(grad_values)]
    grad_mu = [collected(grads[b][m] for grads in of_mu for b in batch)
               - collected(weighed[m]) for m in modes]
    grad_omega = [slope(grad_mu[m], mu[m], 1) + slope(grad_turns[m], turns[m], -steps)
                  for m in modes]
    return named(own, grad_phi, grad_values, grad_k, grad_omega), side_by_side(of_items)


def real_part_of(a, grad):
    """Re(a^H grad), the gradient of a real right factor of a."""
    return added(product(turned(real_parts(a)), real_parts(grad)),
                 product(turned(imaginary_parts(a)), imaginary_parts(grad)))


def slope(grad, turned_by, times_omega):
    """The gradient of omega from that of z = exp(i times_omega omega): Re(conj(g) i z) times."""
    return (grad.conj * turned_by).im * -times_omega


LINEAR = {"complex_recurrent": (fourier_forward, fourier_backward),
          "complex_recurrent, stepwise": (stepwise_forward, stepwise_backward)}
