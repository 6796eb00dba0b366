"""How good are the answers: test sets, every measure, a report and a gate.

    cases, testset_fields, testset_public, testsets, testset_csv   what is asked, from any format
    calibrate, calibration_file   confidence and threshold fitted to a test set
    ranking, judge, summary       one value a case and measure; their means and intervals
    run, bench, conversations     puts the questions to a service and keeps what came back
    gate, plots, report           compared with before, and shown
    command                       what `qa eval` does
    ship                          fits the calibration that comes with the reader

This package must not know how an answer is found: `bench` and `ship` alone meet the product.
"""
