"""What experiments share: plans of runs, data, tables, figures; and what the door does with them.

For experiments: plan, data, learning, tasks, progress, table, style. For the door: options, keep,
arrays, perform. An experiment knows this room and npspectral, never another experiment.
"""
