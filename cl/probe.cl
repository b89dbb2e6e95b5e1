/* What a device really does with floats, before it is trusted: operands in, results out, compared by the host. */
__kernel void probe(TENSOR(operand), TENSOR(result), const int count)
{
    const int i = get_global_id(0);

    if (i >= count)
        return;
    OPEN(operand);
    OPEN(result);
    const float a = operand[3 * i], b = operand[3 * i + 1], c = operand[3 * i + 2];

    result[3 * i] = fma(a, b, c);
    result[3 * i + 1] = QUOTIENT(a, b);
    result[3 * i + 2] = ROOT(fabs(c));
}

/* result[0] counts the rounds of a loop that is longer than some drivers let a loop be. */
__kernel void probe_loop(TENSOR(result), const int rounds)
{
    OPEN(result);
    float count = 0.0f;

    for (int i = 0; i < rounds; i++)
        count = fma(count, result[1], 1.0f);
    result[0] = count;
}
