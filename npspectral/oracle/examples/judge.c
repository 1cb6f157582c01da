/* A spectral layer in C99 that judges itself by the text twin of the family spectral.

   cc -std=c99 -o judge judge.c -lm && ./judge FOLDER/spectral.txt
   Exit code 0: every case passes; 1: one fails, or none was run; 2: a file cannot be read.
   Replace layer() by a call of your own code. -DBUG=1, 2 or 3 plants a mistake, to see it fail. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef BUG
#define BUG 0
#endif
enum { WORD = 256, ARRAYS = 64, SIZE = 16384, NAMES = 16, RANK = 5 };
typedef struct { char role[WORD], name[WORD]; int n, sizes[RANK]; double v[SIZE], scale[SIZE]; }
    array;
static struct { char id[WORD], kind[WORD], tier[WORD], layers[NAMES][WORD]; double constant;
                int n_layers, n; array a[ARRAYS]; } c;             /* the case that was read last */
static FILE *file;

static char *word(void) {
    static char w[WORD];
    if (fscanf(file, "%255s", w) != 1) { fprintf(stderr, "the file ends too early\n"); exit(2); }
    return w;
}
static int integer(void) { return atoi(word()); }
static double bits(void) {                  /* 16 hexadecimal digits of an IEEE-754 binary64 */
    uint64_t b = strtoull(word(), NULL, 16);
    double v;
    memcpy(&v, &b, sizeof v);
    return v;
}
static array *find(const char *role, const char *name) {
    for (int k = 0; k < c.n; k++)
        if (!strcmp(c.a[k].role, role) && !strcmp(c.a[k].name, name)) return &c.a[k];
    return NULL;
}

static void read_array(const char *role) {
    if (c.n == ARRAYS) { fprintf(stderr, "%s: too many arrays\n", c.id); exit(2); }
    array *a = &c.a[c.n++];
    strcpy(a->role, role);
    strcpy(a->name, word());
    a->n = 1;
    int rank = integer();
    for (int k = 0; k < rank && k < RANK; k++) a->n *= a->sizes[k] = integer();
    if (rank > RANK || a->n < 0 || a->n > SIZE) {
        fprintf(stderr, "%s: bad size\n", c.id);
        exit(2);
    }
    for (int k = 0; k < a->n; k++) a->v[k] = strcmp(role, "label") ? bits() : integer();
    if (!strcmp(role, "out")) for (int k = 0; k < a->n; k++) a->scale[k] = strtod(word(), NULL);
}
static int read_case(void) {                                       /* 0 at the end of the file */
    char w[WORD];
    c.n = c.n_layers = 0;
    if (fscanf(file, "%255s", w) != 1) return 0;
    if (strcmp(w, "case")) { fprintf(stderr, "expected a case, not %s\n", w); exit(2); }
    strcpy(c.id, word()), strcpy(c.kind, word()), strcpy(c.tier, word()), word();
    while (strcmp(strcpy(w, word()), "end")) {
        if (!strcmp(w, "dtypes") || !strcmp(w, "flags") || !strcmp(w, "trainable")) {
            for (int k = integer(); k > 0; k--) word();
        } else if (!strcmp(w, "layer") || !strcmp(w, "loss") || !strcmp(w, "penalty")
                   || !strcmp(w, "optimizer")) {
            char *name = word();
            if (!strcmp(w, "layer") && c.n_layers < NAMES) strcpy(c.layers[c.n_layers++], name);
            for (int k = integer(); k > 0; k--) {                  /* key, kind, value */
                word();
                if (strcmp(word(), "number")) word(); else c.constant = bits();
            }
        } else read_array(w);
    }
    word();
    return 1;
}

/* ---- your code: y = f(x W' + bias), W_ij = (lambda_in_j - lambda_out_i) phi_ij -------------- */
static double sigmoid(double z) { return z > 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z)); }
static double f(const char *name, double z, double *slope) {       /* a function, its derivative */
    double k = c.constant, cosh_z = cosh(z);
    *slope = 1;
    if (!strcmp(name, "relu")) return *slope = z > 0, z > 0 ? z : 0;
    if (!strcmp(name, "leaky_relu")) return *slope = z > 0 ? 1 : k, z > 0 ? z : k * z;
    if (!strcmp(name, "elu")) return *slope = z > 0 ? 1 : k * exp(z), z > 0 ? z : k * expm1(z);
    if (!strcmp(name, "tanh")) return *slope = 1 / (cosh_z * cosh_z), tanh(z);
    if (!strcmp(name, "sigmoid")) return *slope = sigmoid(z) * sigmoid(-z), sigmoid(z);
    if (!strcmp(name, "softplus"))
        return *slope = sigmoid(k * z), (fmax(k * z, 0) + log1p(exp(-fabs(k * z)))) / k;
    return z;
}
static array y, grad_x, grad_phi, grad_lambda_in, grad_lambda_out, grad_bias;
static void layer(const char *act, array *x, array *l_in, array *l_out, array *phi, array *bias,
                  array *grad_y) {
    int n_out = phi->sizes[0], n_in = phi->sizes[1];
    for (int b = 0; b < x->n / n_in; b++)              /* whatever axes x has before its last one */
        for (int i = 0; i < n_out; i++) {
            double z = 0, slope;
            for (int j = 0; j < n_in; j++)
                z += (l_in->v[j] - l_out->v[i]) * phi->v[n_in * i + j] * x->v[n_in * b + j];
            y.v[n_out * b + i] = f(act, z + (bias ? bias->v[i] : 0), &slope);
            double grad_z = grad_y->v[n_out * b + i] * (BUG == 3 ? 1 : slope);
            grad_bias.v[i] = grad_z + (BUG == 2 ? 0 : grad_bias.v[i]);
            for (int j = 0; j < n_in; j++) {
                double gap = l_in->v[j] - l_out->v[i], p = phi->v[n_in * i + j];
                double grad_w = grad_z * x->v[n_in * b + j];
                grad_x.v[n_in * b + j] += grad_z * (gap * p);
                grad_phi.v[n_in * i + j] += gap * grad_w;
                grad_lambda_in.v[j] += p * grad_w;
                grad_lambda_out.v[i] += (BUG == 1 ? 1 : -1) * p * grad_w;
            }
        }
}
/* ---- the one rule ---------------------------------------------------------------------------- */
static int judge(const char *name, array *got) {
    array *want = find("out", name), *low = find("low", name), *high = find("high", name);
    for (int k = 0; want && k < want->n; k++) {
        double u = ldexp(1, -53), eta = ldexp(1, -1068);           /* float: 2^-24 and 2^-143 */
        double allowed = strcmp(c.tier, "exact") ? u * want->scale[k] + eta : 0;
        if (fabs(got->v[k] - want->v[k]) <= allowed) continue;     /* a NaN does not pass here */
        if (low && got->v[k] >= low->v[k] - allowed && got->v[k] <= high->v[k] + allowed) continue;
        printf("FAIL %s %s[%d]: %.17g, expected %.17g, allowed error %.3g\n", c.id, name, k,
               got->v[k], want->v[k], allowed);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *names[] = {"y", "grad_x", "grad_phi", "grad_lambda_in", "grad_lambda_out",
                           "grad_bias"};
    array *got[] = {&y, &grad_x, &grad_phi, &grad_lambda_in, &grad_lambda_out, &grad_bias};
    int cases = 0, failed = 0;
    for (int k = 1; k < argc; k++) {
        int count = 0, expected;
        if (!(file = fopen(argv[k], "r")) || fscanf(file, "npspectral-cases 1 suite %*s family %*s "
            "cases %d", &expected) != 1) return fprintf(stderr, "%s: no case file\n", argv[k]), 2;
        for (; read_case(); count++) {
            if (strcmp(c.kind, "vjp") || c.n_layers < 1 || c.n_layers > 2
                || strcmp(c.layers[0], "spectral")) continue;      /* not what this layer can do */
            for (int n = 0; n < 6; n++) memset(got[n]->v, 0, sizeof got[n]->v);
            layer(c.n_layers > 1 ? c.layers[1] : "identity", find("in", "x"),
                  find("in", "lambda_in"), find("in", "lambda_out"), find("in", "phi"),
                  find("in", "bias"), find("in", "grad_y"));
            int wrong = 0;
            for (int n = 0; n < 6; n++) wrong += judge(names[n], got[n]);
            failed += wrong > 0, cases++;
        }
        if (count != expected) return fprintf(stderr, "%s: holds %d cases\n", argv[k], count), 2;
        fclose(file);
    }
    printf("%d cases, %d failed\n", cases, failed);
    return cases == 0 || failed > 0;
}
